import { claim } from "../claims/claim.ts";
import type { HeldClaim } from "../claims/types.ts";
import type { RunData } from "../client/types/entities.ts";
import { NetworkError } from "../errors/network-errors.ts";
import type { ActiveRun, Context } from "./context.ts";
import { giveBack, within } from "./exclusive.ts";
import { explained } from "./explained.ts";
import { MissingMetricError, NoRunError } from "./finetuning-errors.ts";
import { paramPairs, paramTags, validParams } from "./param-text.ts";
import { paramsHash } from "./params-hash.ts";
import type { Limits } from "./requests.ts";
import { ATTEMPT, bestKey, isManaged, lastStep, outcomeOf, outcomeTags, qualityOf, UPLOADED } from "./run-facts.ts";
import { TrainingMetrics } from "./training-metrics.ts";
import type { MetricValue, SetRun } from "./types.ts";

/** Milliseconds that what waits in the queue may take to the server before a run is judged by what is there. */
const DELIVERY = 30_000;

/** What a run begins with. */
interface Beginning {
  readonly experimentId: string;
  readonly name: string;
  readonly pairs: { key: string; value: string }[];
  readonly tags: Record<string, string>;
  readonly retryFailed: boolean;
  readonly held: HeldClaim | undefined;
}

/** The run that is trained: its beginning, its metrics and its end. */
export class Training<P extends object, M> {
  readonly #context: Context<P, M>;
  readonly #metrics: TrainingMetrics;

  constructor(context: Context<P, M>) {
    this.#context = context;
    this.#metrics = new TrainingMetrics(context.options, context.isLoss);
  }

  async set(given: P, retryFailed: boolean, limits: Limits): Promise<SetRun> {
    const { experimentId } = this.#context.mustHaveIteration("set a run");
    if (this.#context.active?.claim?.signal.aborted) await this.#leave(limits);
    const { active, options, runs } = this.#context;
    if (active !== undefined)
      throw new NoRunError(`Cannot set a run as the run ${active.runId} must be finished first: call finishRun()`);
    const params = await validParams(options.schema, given);
    const tags = paramTags(params);
    const pairs = paramPairs(params);
    const name = await paramsHash(params);
    const there = await runs.named(experimentId, name, limits);
    const known = await this.#known(there, retryFailed, limits);
    if (known !== undefined) return known;
    const held = await this.#claim(`finetuning ${experimentId} ${name}`, limits);
    if (held === "busy") return { state: "busy", runId: undefined };
    const begin = { experimentId, name, pairs, tags, retryFailed, held };
    try {
      const state = await explained(this.#context, "set a run", experimentId, limits, () =>
        this.#begin(begin, there, within(limits, held)),
      );
      if (this.#context.active === undefined) await giveBack(this.#context, held, limits);
      return state;
    } catch (error) {
      await giveBack(this.#context, held, limits);
      throw error;
    }
  }

  async #known(run: RunData | undefined, retryFailed: boolean, limits: Limits): Promise<SetRun | undefined> {
    const state = run && outcomeOf(run);
    if (run === undefined || state === undefined || (state === "failed" && retryFailed)) return undefined;
    const { runId } = run.info;
    if (isManaged(run)) await this.#complete(run, state === "finished" ? "FINISHED" : "FAILED", limits);
    this.#context.notice(`the run ${runId} has these parameters and is ${state}: it is not trained again`);
    return { state, runId };
  }

  /** What people see of a run that has ended, where its program died, or one that was thought dead has changed it since. */
  async #complete(run: RunData, status: "FINISHED" | "FAILED", limits: Limits): Promise<void> {
    const { runs, options } = this.#context;
    if (run.info.status !== status) await runs.end(run.info.runId, status, limits);
    const key = bestKey(options.mainMetric);
    const value = qualityOf(run, options.mainMetric);
    if (value === undefined || run.data.metrics[key] === value) return;
    await runs.write(run, { points: [{ key, value, step: lastStep(run, key) + 1 }] }, limits);
  }

  async #claim(name: string, limits: Limits): Promise<HeldClaim | "busy" | undefined> {
    const { shared = false, tracker } = this.#context.options;
    if (shared === false) return undefined;
    const result = await claim(tracker, name, { ...(shared === true ? {} : shared), ...limits });
    return result.state === "held" ? result : "busy";
  }

  async #begin(begin: Beginning, seen: RunData | undefined, limits: Limits): Promise<SetRun> {
    const { runs, options, requests } = this.#context;
    const { experimentId, name, pairs, held } = begin;
    const there = await this.#latest(begin, seen, limits);
    const known = await this.#known(there, begin.retryFailed, limits);
    if (known !== undefined) return known;
    const attempt = Array.from(requests.random.bytes(8), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const tags = { ...begin.tags, [ATTEMPT]: attempt };
    const run = there ?? (await runs.ensure(experimentId, name, tags, limits));
    const { runId } = run.info;
    const isMarked = run.data.metrics[UPLOADED] !== undefined;
    await runs.write(run, { params: pairs, tags, markers: isMarked ? {} : { [UPLOADED]: 0 } }, limits);
    const handle = await options.tracker.resumeRun(runId, limits);
    // Until its status has arrived, which must not do so when another program has ended the run.
    await options.tracker.getRun(runId, { ...limits, freshness: DELIVERY });
    this.#metrics.begin(run);
    const before = lastStep(run, options.mainMetric);
    const shown = { value: undefined, step: lastStep(run, bestKey(options.mainMetric)) };
    this.#context.active = { runId, run: handle, claim: held, attempt, before, best: undefined, shown };
    return { state: there === undefined ? "started" : "resumed", runId };
  }

  /** The run as it is when all is there that an earlier life of this program has left in the queue. */
  async #latest(begin: Beginning, seen: RunData | undefined, limits: Limits): Promise<RunData | undefined> {
    const { runs, options } = this.#context;
    // Somebody may have made or finished it between the look and the claim.
    const run = begin.held ? await runs.named(begin.experimentId, begin.name, limits) : seen;
    if (run === undefined || outcomeOf(run) !== undefined) return run;
    const { tracker } = options;
    const { pending } = await tracker.flush({ timeout: DELIVERY, ...(limits.signal && { signal: limits.signal }) });
    if (pending.points + pending.requests > 0 && tracker.queue.status().host !== "ok")
      throw new NetworkError(
        `Cannot set a run as what was logged before must be on the server first: ${pending.points} points and ${pending.requests} requests wait, see tracker.queue.status()`,
        { method: "POST", url: tracker.connection.trackingUri },
      );
    return runs.get(run.info.runId, limits);
  }

  save(given: MetricValue | number): void {
    this.#metrics.save(given, this.#context.mustHaveRun("save a metric"));
  }

  async finish(asFailed: boolean, limits: Limits): Promise<void> {
    const active = this.#context.mustHaveRun("finish a run");
    const { claim: held } = active;
    try {
      await this.#finish(active, asFailed, within(limits, held));
      held?.signal.throwIfAborted();
    } catch (error) {
      if (!held?.signal.aborted) throw error;
      // Another program has the run now, and says how it ends.
      await this.#leave(limits);
      throw held.signal.reason;
    }
    await this.#leave(limits);
  }

  async #finish(active: ActiveRun, asFailed: boolean, limits: Limits): Promise<void> {
    const { runId, run, attempt, claim: held } = active;
    held?.signal.throwIfAborted();
    const there = await this.#context.runs.get(runId, limits);
    const { experimentId, lifecycleStage, status } = there.info;
    await explained(this.#context, "finish a run", experimentId, limits, async () => {
      if (lifecycleStage === "active") return;
      throw new NoRunError(
        `Cannot finish the run ${runId} as it must be active, and somebody has deleted it: restore it, or call finishIteration()`,
      );
    });
    if (status !== "RUNNING") this.#context.notice(`the run ${runId} was set to ${status} by somebody else meanwhile`);
    const quality = await this.#qualityOrNone(active, limits);
    run.setTags(outcomeTags(attempt, asFailed ? "failed" : "finished", quality));
    await run.end(asFailed ? "FAILED" : "FINISHED", { ...limits, until: "delivered" });
    const best = this.bestPoint(active);
    // Not by the queue, where it may stay until another program has shown its own.
    if (best !== undefined) await this.#context.runs.write(there, { points: [best] }, limits);
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
    this.#metrics.clear();
    await giveBack(this.#context, held, limits);
  }

  async quality(limits: Limits): Promise<number> {
    const { mainMetric } = this.#context.options;
    const active = this.#context.mustHaveRun("tell the quality");
    const value = await this.#qualityOrNone(active, limits);
    if (value !== undefined) return value;
    throw new MissingMetricError(
      `Cannot tell the quality of the run ${active.runId} as it must have a value of "${mainMetric}", and it has none: call saveMetric() first`,
      mainMetric,
    );
  }

  /** By what `saveMetric` got; else by what was logged to the run itself, but for the steps of an earlier try. */
  async #qualityOrNone(active: ActiveRun, limits: Limits): Promise<number | undefined> {
    const known = active.best?.value;
    if (known !== undefined) return known;
    const { mainMetric, tracker } = this.#context.options;
    const history = await tracker.getMetricHistory(active.runId, mainMetric, { ...limits, freshness: DELIVERY });
    for (const { value, step } of history) {
      if (step > active.before) this.#metrics.compare(active, value, step);
    }
    return active.best?.value;
  }

  /** What people are to see as the best value; undefined while they see it. It stands after all that an earlier try has shown. */
  bestPoint({ best, shown }: ActiveRun): { key: string; value: number; step: number } | undefined {
    if (best === undefined || best.value === shown.value) return undefined;
    const key = bestKey(this.#context.options.mainMetric);
    return { key, value: best.value, step: Math.max(best.step, shown.step + 1) };
  }
}
