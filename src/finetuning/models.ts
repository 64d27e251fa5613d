import type { RunData } from "../client/types/entities.ts";
import type { Context } from "./context.ts";
import type { Iterations } from "./iterations.ts";
import { INITIAL_RUN } from "./names.ts";
import type { Limits } from "./requests.ts";
import { byQuality, hasModel, isBeingDeleted, UPLOADED } from "./run-facts.ts";
import type { Training } from "./training.ts";
import type { BestRun, SavedModel } from "./types.ts";

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
    const { experiments, names, runs, models, notice } = this.#context;
    await this.#iterations.finish(limits);
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
    const { runs, models, notice } = this.#context;
    const run = await runs.find(runId, limits);
    const why =
      run === undefined
        ? "there is no such run"
        : run.info.runId === (await this.initialRun(limits))?.info.runId
          ? "it is the initial one, which stays"
          : (await models.delete(run, limits))
            ? undefined
            : "there is none";
    if (why !== undefined) notice.call(this.#context, `the model of the run ${runId} is not deleted: ${why}`);
    return why === undefined;
  }

  async save(model: M, bestOnly: boolean, limits: Limits): Promise<SavedModel> {
    const { isLoss, models } = this.#context;
    const { experimentId } = this.#context.mustHaveIteration("save a model");
    const { runId, claim } = this.#context.mustHaveRun("save a model");
    claim?.signal.throwIfAborted();
    const quality = bestOnly ? await this.#training.quality(limits) : undefined;
    const best = quality === undefined ? undefined : await this.bestOf(experimentId, limits, runId);
    if (best !== undefined && quality !== undefined && (isLoss ? quality > best.value : quality < best.value)) {
      return { saved: false, runId, removed: undefined };
    }
    await models.upload(runId, model, limits);
    if (best !== undefined) await models.delete(best.run, limits);
    if (bestOnly) await this.#completeDeletions(experimentId, limits);
    return { saved: true, runId, removed: best?.run.info.runId };
  }

  /** What a program that died had begun to remove is the best of nothing any more, so nobody else would look for it. */
  async #completeDeletions(experimentId: string, limits: Limits): Promise<void> {
    for (const run of await this.#context.runs.all(experimentId, limits)) {
      // One that runs may be saved anew by another program just now.
      if (isBeingDeleted(run) && run.info.status !== "RUNNING") await this.#context.models.delete(run, limits);
    }
  }
}
