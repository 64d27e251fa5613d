import type { RunData } from "../client/types/entities.ts";
import type { ActiveRun, Context } from "./context.ts";
import { exclusively, within } from "./exclusive.ts";
import { explained } from "./explained.ts";
import type { Iterations } from "./iterations.ts";
import { IterationError } from "./finetuning-errors.ts";
import { INITIAL_RUN } from "./names.ts";
import type { Limits } from "./requests.ts";
import {
  byQuality,
  hasModel,
  isBeingDeleted,
  isForBest,
  isInitial,
  isManaged,
  KEPT_FOR,
  MODEL_QUALITY,
  modelQualityOf,
  UPLOADED,
} from "./run-facts.ts";
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
    const all = await this.#context.runs.all(experimentId, limits);
    return this.#ranked(all.filter((run) => hasModel(run) && run.info.runId !== except))[0];
  }

  #ranked(runs: readonly RunData[]): { run: RunData; value: number }[] {
    const { options, isLoss } = this.#context;
    return byQuality(runs, isLoss, (run) => modelQualityOf(run, options.mainMetric));
  }

  /** The best run with a model of some iterations; the initial one where none has any. */
  async bestAmong(ids: readonly (string | undefined)[], limits: Limits): Promise<RunData | undefined> {
    const found: RunData[] = [];
    for (const id of ids) {
      const best = id === undefined ? undefined : await this.bestOf(id, limits);
      if (best !== undefined) found.push(best.run);
    }
    return this.#ranked(found)[0]?.run ?? (await this.initialRun(limits));
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
    return { runId: run?.info.runId, isInitial: run !== undefined && isInitial(run) };
  }

  async download(run: RunData | undefined, what: string, limits: Limits): Promise<M | undefined> {
    if (!this.#there(run, what)) return undefined;
    const model = await this.#context.models.download(run, limits);
    if (model === undefined) this.#context.notice(`there is no ${what}: it was deleted meanwhile`);
    return model;
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
    const { runs, models, experiments, names } = this.#context;
    const { runId, experimentId } = run.info;
    const { name } = await experiments.byId(experimentId, limits);
    if (!names.owns(names.unarchived(name)))
      throw new IterationError(
        `Cannot delete the model of the run ${runId} as it must be of the plugin "${names.plugin}": its experiment is "${name}"`,
      );
    if (names.unarchived(name) === names.initial || isInitial(run)) return "it is the initial one, which stays";
    if (!isManaged(run) || run.data.metrics[UPLOADED] === undefined) return "no manager has made that run";
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
    const active = this.#context.mustHaveRun("save a model");
    const { runId, claim } = active;
    claim?.signal.throwIfAborted();
    const bounds = within(limits, claim);
    const quality = bestOnly ? await this.#training.quality(bounds) : active.best?.value;
    const { shared = false } = this.#context.options;
    // Without holding up others: most models are not the best.
    const isQuick = bestOnly && shared !== false;
    if (isQuick && (await this.#beaten(experimentId, quality, bounds)) === undefined)
      return { saved: false, runId, removed: undefined };
    return exclusively(this.#context, `${experimentId} models`, bounds, async (locked) => {
      const beaten = bestOnly ? await this.#beaten(experimentId, quality, locked) : { best: undefined };
      if (beaten !== undefined) await this.#upload(active, model, bestOnly, quality, locked);
      const removed = beaten?.best?.info.runId === runId ? undefined : beaten?.best;
      if (removed !== undefined) await this.#context.models.delete(removed, locked);
      if (bestOnly) await this.#completeDeletions(experimentId, beaten === undefined ? undefined : runId, locked);
      return { saved: beaten !== undefined, runId, removed: removed?.info.runId };
    });
  }

  /** What tells others how good the model is goes with its marker: the metrics themselves may still be on their way. */
  async #upload(
    active: ActiveRun,
    model: M,
    bestOnly: boolean,
    quality: number | undefined,
    limits: Limits,
  ): Promise<void> {
    const tags = {
      [KEPT_FOR]: bestOnly ? "best" : "any",
      [MODEL_QUALITY]: quality === undefined ? "" : String(quality),
    };
    const best = this.#training.bestPoint(active);
    await this.#context.models.upload(active.runId, model, limits, { tags, ...(best && { points: [best] }) });
    if (best !== undefined) active.shown = best;
  }

  /** The best model so far, also an earlier one of this run, if this quality is as good or better; undefined if it is worse. */
  async #beaten(
    experimentId: string,
    quality: number | undefined,
    limits: Limits,
  ): Promise<{ best: RunData | undefined } | undefined> {
    const best = await this.bestOf(experimentId, limits);
    if (best === undefined || quality === undefined) return { best: best?.run };
    const isWorse = this.#context.isLoss ? quality > best.value : quality < best.value;
    return isWorse ? undefined : { best: best.run };
  }

  /**
   * Removes what a program that died, or lost its lock, has left: models that were to be removed for a better one. They
   * are the best of nothing any more, so nobody else would look for them.
   */
  async #completeDeletions(experimentId: string, saved: string | undefined, limits: Limits): Promise<void> {
    const { runs, models } = this.#context;
    const all = await runs.all(experimentId, limits);
    const best = saved ?? this.#ranked(all.filter(hasModel))[0]?.run.info.runId;
    for (const run of all) {
      const isLeft = isForBest(run) && run.info.runId !== best;
      if (isLeft || (isBeingDeleted(run) && run.info.status !== "RUNNING")) await models.delete(run, limits);
    }
  }
}
