import type { RunData } from "../client/types/entities.ts";
import type { Context } from "./context.ts";
import { exclusively, within } from "./exclusive.ts";
import { explained } from "./explained.ts";
import type { Iterations } from "./iterations.ts";
import { INITIAL_RUN } from "./names.ts";
import type { Limits } from "./requests.ts";
import { byQuality, hasModel, isBeingDeleted, isForBest, KEPT_FOR, UPLOADED } from "./run-facts.ts";
import type { Training } from "./training.ts";
import type { BestRun, SavedModel } from "./types.ts";

/** Milliseconds that metrics may take to the server before a model is judged by them. */
const DELIVERY = 30_000;

/** Models: the initial one, the best ones, saving and deleting. */
export class Models<P extends object, M> {
  readonly #context: Context<P, M>;
  readonly #iterations: Iterations<P, M>;
  readonly #training: Training<P, M>;

  constructor(context: Context<P, M>, iterations: Iterations<P, M>, training: Training<P, M>) {
    this.#context = context;
    this.#iterations = iterations;
    this.#training = training;
  }

  async initialRun(limits: Limits): Promise<RunData | undefined> {
    const { experiments, names, runs } = this.#context;
    const experiment = await experiments.byName(names.initial, limits);
    if (experiment === undefined || experiment.lifecycleStage === "deleted") return undefined;
    return runs.named(experiment.experimentId, INITIAL_RUN, limits);
  }

  async uploadInitial(model: M, limits: Limits): Promise<string> {
    await this.#iterations.finish(limits);
    const name = `${this.#context.names.plugin} initial`;
    return exclusively(this.#context, name, limits, (bounds) => this.#uploadInitial(model, bounds));
  }

  async #uploadInitial(model: M, limits: Limits): Promise<string> {
    const { experiments, names, runs, models, notice } = this.#context;
    const { experimentId } = await experiments.ensure(names.initial, limits);
    const run = await runs.ensure(experimentId, INITIAL_RUN, {}, limits);
    const { runId } = run.info;
    if (hasModel(run))
      notice.call(
        this.#context,
        `the initial model of "${names.plugin}" is there already, in the run ${runId}: this one is not uploaded`,
      );
    else {
      if (run.data.metrics[UPLOADED] === undefined) await runs.write(run, { markers: { [UPLOADED]: 0 } }, limits);
      await models.upload(runId, model, limits);
    }
    if (run.info.status !== "FINISHED") await runs.end(runId, "FINISHED", limits);
    return runId;
  }

  /** The best run with a model of an experiment. */
  async bestOf(
    experimentId: string,
    limits: Limits,
    except?: string,
  ): Promise<{ run: RunData; value: number } | undefined> {
    const { runs, options, isLoss } = this.#context;
    const all = (await runs.all(experimentId, limits)).filter((run) => hasModel(run) && run.info.runId !== except);
    return byQuality(all, options.mainMetric, isLoss)[0];
  }

  /** The best run with a model of some iterations; the initial one where none has any. */
  async bestAmong(ids: readonly (string | undefined)[], limits: Limits): Promise<RunData | undefined> {
    const found: RunData[] = [];
    for (const id of ids) {
      const best = id === undefined ? undefined : await this.bestOf(id, limits);
      if (best !== undefined) found.push(best.run);
    }
    const { options, isLoss } = this.#context;
    return byQuality(found, options.mainMetric, isLoss)[0]?.run ?? (await this.initialRun(limits));
  }

  /** Of all iterations, the active one too. */
  async best(limits: Limits): Promise<RunData | undefined> {
    const all = await this.#context.experiments.iterations(limits);
    return this.bestAmong(
      all.map(({ experimentId }) => experimentId),
      limits,
    );
  }

  async last(limits: Limits): Promise<RunData | undefined> {
    return this.bestAmong([(await this.#iterations.lastFinished(limits))?.experimentId], limits);
  }

  /** As callers get it. */
  bestRun(run: RunData | undefined): BestRun {
    return { runId: run?.info.runId, isInitial: run?.info.runName === INITIAL_RUN };
  }

  async download(run: RunData | undefined, what: string, limits: Limits): Promise<M | undefined> {
    return this.#there(run, what) ? this.#context.models.download(run, limits) : undefined;
  }

  url(run: RunData | undefined, what: string): string | undefined {
    return this.#there(run, what) ? this.#context.models.url(run) : undefined;
  }

  #there(run: RunData | undefined, what: string): run is RunData {
    if (run !== undefined && hasModel(run)) return true;
    const why =
      run === undefined
        ? "no run has one"
        : run.data.metrics["model_deleted"] === 1
          ? "it was deleted"
          : "it is not uploaded, or not whole";
    this.#context.notice(`there is no ${what}: ${why}`);
    return false;
  }

  async delete(runId: string, limits: Limits): Promise<boolean> {
    const run = await this.#context.runs.find(runId, limits);
    const why = await this.#whyNotDeleted(run, limits);
    if (why !== undefined) this.#context.notice(`the model of the run ${runId} is not deleted: ${why}`);
    return why === undefined;
  }

  /** Deletes it, or says why not. */
  async #whyNotDeleted(run: RunData | undefined, limits: Limits): Promise<string | undefined> {
    if (run === undefined) return "there is no such run";
    const { runId, experimentId } = run.info;
    if (runId === (await this.initialRun(limits))?.info.runId) return "it is the initial one, which stays";
    const { runs, models } = this.#context;
    const deleted = await exclusively(this.#context, `${experimentId} models`, limits, async (bounds) =>
      models.delete(await runs.get(runId, bounds), bounds),
    );
    return deleted ? undefined : "there is none";
  }

  async save(model: M, bestOnly: boolean, limits: Limits): Promise<SavedModel> {
    const { experimentId } = this.#context.mustHaveIteration("save a model");
    return explained(this.#context, "save a model", experimentId, limits, () => this.#save(model, bestOnly, limits));
  }

  async #save(model: M, bestOnly: boolean, limits: Limits): Promise<SavedModel> {
    const { experimentId } = this.#context.mustHaveIteration("save a model");
    const { runId, claim } = this.#context.mustHaveRun("save a model");
    claim?.signal.throwIfAborted();
    const quality = bestOnly ? await this.#training.quality(limits) : undefined;
    const { tracker, shared = false } = this.#context.options;
    // Others judge the model by what is on the server, and the metrics are on their way there.
    const own = await tracker.getRun(runId, { ...limits, freshness: DELIVERY });
    // Without holding up others: most models are not the best.
    const isQuick = shared !== false && quality !== undefined && own.data.metrics[UPLOADED] !== 1;
    if (isQuick && (await this.#beats(quality, limits)) === undefined)
      return { saved: false, runId, removed: undefined };
    return exclusively(this.#context, `${experimentId} models`, within(limits, claim), async (bounds) => {
      const beaten = quality === undefined ? { best: undefined } : await this.#beats(quality, bounds);
      if (beaten !== undefined) {
        const tags = { [KEPT_FOR]: bestOnly ? "best" : "any" };
        await this.#context.models.upload(runId, model, bounds, tags);
        if (beaten.best !== undefined) await this.#context.models.delete(beaten.best, bounds);
      }
      if (bestOnly) await this.#completeDeletions(experimentId, beaten === undefined ? undefined : runId, bounds);
      return { saved: beaten !== undefined, runId, removed: beaten?.best?.info.runId };
    });
  }

  /** The best run so far but the one that is set, if this quality is as good or better; undefined if it is worse. */
  async #beats(quality: number, limits: Limits): Promise<{ best: RunData | undefined } | undefined> {
    const { experimentId } = this.#context.mustHaveIteration("save a model");
    const best = await this.bestOf(experimentId, limits, this.#context.active?.runId);
    const isWorse = best !== undefined && (this.#context.isLoss ? quality > best.value : quality < best.value);
    return isWorse ? undefined : { best: best?.run };
  }

  /**
   * Removes what a program that died, or lost its lock, has left: models that were to be removed for a better one. They
   * are the best of nothing any more, so nobody else would look for them.
   */
  async #completeDeletions(experimentId: string, saved: string | undefined, limits: Limits): Promise<void> {
    const { runs, models, options, isLoss } = this.#context;
    const all = await runs.all(experimentId, limits);
    const best = saved ?? byQuality(all.filter(hasModel), options.mainMetric, isLoss)[0]?.run.info.runId;
    for (const run of all) {
      const isLeft = isForBest(run) && run.info.runId !== best;
      if (isLeft || (isBeingDeleted(run) && run.info.status !== "RUNNING")) await models.delete(run, limits);
    }
  }
}
