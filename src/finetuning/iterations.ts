import type { Experiment } from "../client/types/entities.ts";
import type { Context } from "./context.ts";
import { exclusively } from "./exclusive.ts";
import { newestFirst } from "./experiment-store.ts";
import { IterationError } from "./finetuning-errors.ts";
import type { Limits } from "./requests.ts";
import { hasModel, isManaged, isOver, outcomeOf, UPLOADED } from "./run-facts.ts";
import type { Training } from "./training.ts";
import type { FinetuningIteration } from "./types.ts";

/** Tag of an iteration: the previous one, which it deletes. Written first, so that a second call cannot take another. */
const DELETES = "mlflow.tracklet.finetuning.deletes";

/** Iterations: which there are, and their beginning and end. */
export class Iterations<P extends object, M> {
  readonly #context: Context<P, M>;
  readonly #training: Training<P, M>;

  constructor(context: Context<P, M>, training: Training<P, M>) {
    this.#context = context;
    this.#training = training;
  }

  /** Newest first, without the active one. */
  async others(limits: Limits): Promise<Experiment[]> {
    const { experiments, iteration } = this.#context;
    const all = await experiments.iterations(limits);
    return all.filter(({ experimentId }) => experimentId !== iteration?.experimentId);
  }

  async previous(limits: Limits): Promise<Experiment | undefined> {
    const [current, older] = await this.#split(limits);
    return current === undefined ? undefined : older[0];
  }

  /** The active iteration or, while none is, the last one; and those that were made before it. */
  async #split(limits: Limits): Promise<[Experiment | undefined, Experiment[]]> {
    const all = await this.#context.experiments.iterations(limits);
    const active = this.#context.iteration;
    const current = active ?? all[0];
    if (current === undefined) return [undefined, []];
    return [
      current,
      all.filter((other) => other.experimentId !== current.experimentId && newestFirst(current, other) < 0),
    ];
  }

  async lastFinished(limits: Limits): Promise<Experiment | undefined> {
    for (const iteration of await this.others(limits)) {
      const runs = await this.#context.runs.all(iteration.experimentId, limits);
      const over = runs.every((run) => isOver(run));
      if (runs.length > 0 && over) return iteration;
    }
    return undefined;
  }

  async set({ batchId, runId, pluginName }: FinetuningIteration, limits: Limits): Promise<string> {
    const { names, experiments, runs } = this.#context;
    if (pluginName !== undefined && pluginName !== names.plugin)
      throw new IterationError(
        `Cannot set an iteration as its plugin must be "${names.plugin}": current value is ${JSON.stringify(pluginName)}`,
      );
    names.iteration("run", batchId);
    const start = await runs.get(runId, limits);
    const name = names.iteration(start.info.runId, batchId);
    if (start.info.lifecycleStage === "deleted")
      throw new IterationError(`Cannot set an iteration as its start run ${runId} must be active, and it is deleted`);
    const from = await experiments.byId(start.info.experimentId, limits);
    if (!names.owns(names.unarchived(from.name)))
      throw new IterationError(
        `Cannot set an iteration as the run ${runId} must be of the plugin "${names.plugin}": its experiment is "${from.name}"`,
      );
    await this.finish(limits);
    const iteration = await experiments.ensure(name, limits);
    this.#context.iteration = iteration;
    return iteration.experimentId;
  }

  async finish(limits: Limits): Promise<void> {
    await this.#training.abandon(limits);
    this.#context.iteration = undefined;
  }

  async deletePrevious(limits: Limits): Promise<string | undefined> {
    const { experiments } = this.#context;
    const [current, older] = await this.#split(limits);
    const begun = current && (await experiments.byId(current.experimentId, limits)).tags[DELETES];
    const id = begun ?? older[0]?.experimentId;
    if (current === undefined || id === undefined) {
      this.#context.notice(`there is no previous iteration of "${this.#context.names.plugin}" to delete`);
      return undefined;
    }
    if (begun === undefined) await experiments.setTag(current.experimentId, DELETES, id, limits);
    await exclusively(this.#context, `${id} models`, limits, (bounds) => this.#deleteWhole(id, current, bounds));
    return id;
  }

  async #deleteWhole(id: string, current: Experiment, limits: Limits): Promise<void> {
    const { experiments, runs, models, names } = this.#context;
    if ((await experiments.own(id, limits)).lifecycleStage === "active") {
      for (const run of await runs.all(id, limits)) {
        const isOurs = isManaged(run) && run.data.metrics[UPLOADED] !== undefined;
        if (!isOurs || !(run.info.status === "FINISHED" || outcomeOf(run) === "finished")) continue;
        if (hasModel(run) && current.name.startsWith(names.startingFrom(run.info.runId)))
          this.#context.notice(`the model from which "${current.name}" starts is deleted with its iteration`);
        await models.delete(run, limits);
      }
    }
    await experiments.archive(id, limits);
  }

  async archive(id: string, limits: Limits): Promise<void> {
    if (id === this.#context.iteration?.experimentId) await this.finish(limits);
    await this.#context.experiments.archive(id, limits);
  }

  async restore(id: string, limits: Limits): Promise<void> {
    await this.#context.experiments.restore(id, limits);
  }
}
