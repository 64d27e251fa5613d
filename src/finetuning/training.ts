import { claim } from "../claims/claim.ts";
import type { HeldClaim } from "../claims/types.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { RunData } from "../client/types/entities.ts";
import type { Context } from "./context.ts";
import { giveBack } from "./exclusive.ts";
import { explained } from "./explained.ts";
import { MissingMetricError, NoRunError } from "./finetuning-errors.ts";
import type { MetricsAccumulator } from "./metrics-accumulator.ts";
import { paramPairs, paramTags, validParams } from "./param-text.ts";
import { paramsHash } from "./params-hash.ts";
import type { Limits } from "./requests.ts";
import { bestKey, OUTCOME, outcomeOf, qualityOf, UPLOADED } from "./run-facts.ts";
import type { MetricValue, SetRun } from "./types.ts";

/** The run that is trained: its beginning, its metrics and its end. */
export class Training<P extends object, M> {
  readonly #context: Context<P, M>;
  readonly #accumulators = new Map<string, MetricsAccumulator>();

  constructor(context: Context<P, M>) {
    this.#context = context;
    for (const accumulator of context.options.accumulators ?? []) {
      if (this.#accumulators.has(accumulator.name))
        throw new ValidationError(
          `Cannot make an experiments manager as each metric must have one accumulator: "${accumulator.name}" has two`,
        );
      this.#accumulators.set(accumulator.name, accumulator);
    }
  }

  async set(given: P, retryFailed: boolean, limits: Limits): Promise<SetRun> {
    const { experimentId } = this.#context.mustHaveIteration("set a run");
    if (this.#context.active?.claim?.signal.aborted) await this.#leave(limits);
    const { active, options } = this.#context;
    if (active !== undefined)
      throw new NoRunError(`Cannot set a run as the run ${active.runId} must be finished first: call finishRun()`);
    const params = await validParams(options.schema, given);
    const pairs = paramPairs(params);
    const name = await paramsHash(params);
    const known = this.#known(await this.#context.runs.named(experimentId, name, limits), retryFailed);
    if (known !== undefined) return known;
    const held = await this.#claim(`finetuning ${experimentId} ${name}`, limits);
    if (held === "busy") return { state: "busy", runId: undefined };
    const begin = { experimentId, name, pairs, tags: paramTags(params), retryFailed, held };
    try {
      return await explained(this.#context, "set a run", experimentId, limits, () => this.#begin(begin, limits));
    } catch (error) {
      await giveBack(this.#context, held, limits);
      throw error;
    }
  }

  #known(run: RunData | undefined, retryFailed: boolean): SetRun | undefined {
    const state = run && outcomeOf(run);
    if (run === undefined || state === undefined || (state === "failed" && retryFailed)) return undefined;
    this.#context.notice(`the run ${run.info.runId} has these parameters and is ${state}: it is not trained again`);
    return { state, runId: run.info.runId };
  }

  async #claim(name: string, limits: Limits): Promise<HeldClaim | "busy" | undefined> {
    const { shared = false, tracker } = this.#context.options;
    if (shared === false) return undefined;
    const result = await claim(tracker, name, { ...(shared === true ? {} : shared), ...limits });
    return result.state === "held" ? result : "busy";
  }

  async #begin(
    begin: {
      experimentId: string;
      name: string;
      pairs: { key: string; value: string }[];
      tags: Record<string, string>;
      retryFailed: boolean;
      held: HeldClaim | undefined;
    },
    limits: Limits,
  ): Promise<SetRun> {
    const { runs, options } = this.#context;
    const { experimentId, name, pairs, held } = begin;
    const there = await runs.named(experimentId, name, limits);
    // Somebody may have finished it between the look and the claim.
    const known = held && this.#known(there, begin.retryFailed);
    if (known !== undefined) {
      await giveBack(this.#context, held, limits);
      return known;
    }
    const tags = { ...begin.tags, [OUTCOME]: "running" };
    const run = there ?? (await runs.ensure(experimentId, name, tags, limits));
    const isMarked = run.data.metrics[UPLOADED] !== undefined;
    await runs.write(run, { params: pairs, tags, markers: isMarked ? {} : { [UPLOADED]: 0 } }, limits);
    const handle = await options.tracker.resumeRun(run.info.runId, limits);
    this.#clear(run);
    const { runId } = run.info;
    const isResumed = there !== undefined;
    this.#context.active = { runId, run: handle, claim: held, isResumed, best: undefined };
    return { state: isResumed ? "resumed" : "started", runId };
  }

  /** Steps go on where an earlier try of this run has stopped, so that its values do not hide ours. */
  #clear(run?: RunData): void {
    const last = new Map(run?.data.latestMetrics.map(({ key, step }) => [key, step]));
    for (const [name, accumulator] of this.#accumulators) {
      const reached = Math.max(last.get(name) ?? -1, last.get(`nan_${name}`) ?? -1);
      accumulator.clear(reached + 1);
    }
  }

  save(given: MetricValue | number): void {
    const { isLoss, options: settings } = this.#context;
    const { name, value, step } = typeof given === "number" ? { name: settings.mainMetric, value: given } : given;
    const active = this.#context.mustHaveRun("save a metric");
    active.claim?.signal.throwIfAborted();
    const { run } = active;
    const accumulator = this.#accumulators.get(name);
    const isLegal = typeof value === "number" && (step === undefined || Number.isSafeInteger(step));
    if (accumulator === undefined || !isLegal) {
      // What cannot be is put aside and reported there, as it must not end a training of hours.
      run.logMetric(name, value, step === undefined ? {} : { step });
      if (!isLegal) return;
    } else
      for (const point of accumulator.accumulate(value, step))
        run.logMetric(point.key, point.value, { step: point.step });
    if (name !== settings.mainMetric || Number.isNaN(value)) return;
    if (active.best !== undefined && (isLoss ? value >= active.best : value <= active.best)) return;
    active.best = value;
    run.logMetric(bestKey(name), value);
  }

  async finish(asFailed: boolean, limits: Limits): Promise<void> {
    const { runId, run, claim: held } = this.#context.mustHaveRun("finish a run");
    if (held?.signal.aborted) {
      // Another program has the run now, and says how it ends.
      await this.#leave(limits);
      held.signal.throwIfAborted();
    }
    const { info } = await this.#context.runs.get(runId, limits);
    const { experimentId, lifecycleStage, status } = info;
    await explained(this.#context, "finish a run", experimentId, limits, async () => {
      if (lifecycleStage === "active") return;
      throw new NoRunError(
        `Cannot finish the run ${runId} as it must be active, and somebody has deleted it: restore it, or call finishIteration()`,
      );
    });
    if (status !== "RUNNING") this.#context.notice(`the run ${runId} was set to ${status} by somebody else meanwhile`);
    run.setTag(OUTCOME, asFailed ? "failed" : "finished");
    await run.end(asFailed ? "FAILED" : "FINISHED", { ...limits, until: "delivered" });
    await this.#leave(limits);
  }

  /** Ends what is still trained as KILLED, so that it is trained another time. */
  async abandon(limits: Limits): Promise<void> {
    const { active } = this.#context;
    if (active === undefined) return;
    if (active.claim?.signal.aborted) return this.#leave(limits);
    this.#context.notice(
      `the run ${active.runId} was left without finishRun(): it ends KILLED, and is trained another time`,
    );
    await active.run.end("KILLED", limits);
    await this.#leave(limits);
  }

  async #leave(limits: Limits): Promise<void> {
    const held = this.#context.active?.claim;
    this.#context.active = undefined;
    this.#clear();
    await giveBack(this.#context, held, limits);
  }

  async quality(limits: Limits): Promise<number> {
    const { mainMetric, tracker } = this.#context.options;
    const active = this.#context.mustHaveRun("tell the quality");
    // What stands on the server of a resumed run is of an earlier try.
    const value = active.isResumed
      ? active.best
      : (active.best ?? qualityOf(await tracker.getRun(active.runId, limits), mainMetric));
    if (value !== undefined) return value;
    throw new MissingMetricError(
      `Cannot tell the quality of the run ${active.runId} as it must have a value of "${mainMetric}", and it has none: call saveMetric() first`,
      mainMetric,
    );
  }
}
