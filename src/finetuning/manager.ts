import type { Experiment, RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import { Turns } from "../tracker/turns.ts";
import type { Run } from "../tracker/types/run.ts";
import type { Context } from "./context.ts";
import type { ExperimentsManager } from "./experiments-manager.ts";
import { ParamsError } from "./finetuning-errors.ts";
import type { Iterations } from "./iterations.ts";
import type { Models } from "./models.ts";
import { readParams, validParams } from "./param-text.ts";
import type { Limits } from "./requests.ts";
import { byQuality, hasModel, outcomeOf, qualityOf } from "./run-facts.ts";
import type { Training } from "./training.ts";
import type {
  BestRun,
  ExperimentsManagerOptions,
  FinetuningCallOptions as Options,
  FinetuningIteration,
  MetricValue,
  SavedModel,
  SetRun,
} from "./types.ts";

/** A manager: each method is one of its parts, with the options taken apart. */
export class Manager<P extends object, M> implements ExperimentsManager<P, M> {
  readonly #context: Context<P, M>;
  readonly #training: Training<P, M>;
  readonly #iterations: Iterations<P, M>;
  readonly #models: Models<P, M>;
  /** Calls that change something, one after the other: two at once would mix their steps. */
  readonly #turns = new Turns<unknown>();

  constructor(context: Context<P, M>, training: Training<P, M>, iterations: Iterations<P, M>, models: Models<P, M>) {
    this.#context = context;
    this.#training = training;
    this.#iterations = iterations;
    this.#models = models;
  }

  /** What another manager takes over from this one. */
  static sharedOf(
    manager: object,
  ): Pick<ExperimentsManagerOptions<never, never>, "tracker" | "requirements" | "retry" | "onNotice"> {
    if (!(manager instanceof Manager))
      throw new ValidationError(
        "Cannot make an experiments manager from another one as that must be of createExperimentsManager()",
      );
    const { tracker, requirements, retry, onNotice } = manager.#context.options;
    return { tracker, ...(requirements && { requirements }), ...(retry && { retry }), ...(onNotice && { onNotice }) };
  }

  #inTurn<T>(options: Options, work: (limits: Limits) => Promise<T>): Promise<T> {
    const limits = limitsOf(options);
    return this.#turns.take("", () => {
      limits.signal?.throwIfAborted();
      return work(limits);
    }) as Promise<T>;
  }

  get pluginName(): string {
    return this.#context.names.plugin;
  }
  get run(): Run | undefined {
    return this.#context.active?.run;
  }
  get iterationId(): string | undefined {
    return this.#context.iteration?.experimentId;
  }

  async isInitialRun(runId: string, options: Options = {}): Promise<boolean> {
    const run = await this.#context.runs.find(runId, limitsOf(options));
    return run !== undefined && run.info.runId === (await this.getInitialRunId(options));
  }
  async getInitialRunId(options: Options = {}): Promise<string | undefined> {
    return (await this.#models.initialRun(limitsOf(options)))?.info.runId;
  }
  async hasInitialModel(options: Options = {}): Promise<boolean> {
    return (await this.getInitialModelRunId(options)) !== undefined;
  }
  uploadInitialModel(model: M, options: Options = {}): Promise<string> {
    return this.#inTurn(options, (limits) => this.#models.uploadInitial(model, limits));
  }
  async getInitialModelRunId(options: Options = {}): Promise<string | undefined> {
    const run = await this.#models.initialRun(limitsOf(options));
    return run !== undefined && hasModel(run) ? run.info.runId : undefined;
  }
  async downloadInitialModel(options: Options = {}): Promise<M | undefined> {
    const limits = limitsOf(options);
    return this.#models.download(await this.#models.initialRun(limits), "initial model", limits);
  }

  getExperiments(options: Options = {}): Promise<Experiment[]> {
    return this.#context.experiments.all(limitsOf(options));
  }
  async getPreviousIterationId(options: Options = {}): Promise<string | undefined> {
    return (await this.#iterations.previous(limitsOf(options)))?.experimentId;
  }
  async getLastIterationId(options: Options = {}): Promise<string | undefined> {
    return (await this.#iterations.others(limitsOf(options)))[0]?.experimentId;
  }
  async getLastFinishedIterationId(options: Options = {}): Promise<string | undefined> {
    return (await this.#iterations.lastFinished(limitsOf(options)))?.experimentId;
  }
  deletePreviousIteration(options: Options = {}): Promise<string | undefined> {
    return this.#inTurn(options, (limits) => this.#iterations.deletePrevious(limits));
  }
  archiveIteration(experimentId: string, options: Options = {}): Promise<void> {
    return this.#inTurn(options, (limits) => this.#iterations.archive(experimentId, limits));
  }
  restoreIteration(experimentId: string, options: Options = {}): Promise<void> {
    return this.#inTurn(options, (limits) => this.#iterations.restore(experimentId, limits));
  }
  rollBackIteration(experimentId: string, options: Options = {}): Promise<BestRun> {
    return this.#inTurn(options, async (limits) => {
      await this.#iterations.archive(experimentId, limits);
      return this.#models.bestRun(await this.#models.best(limits));
    });
  }
  setIteration(iteration: FinetuningIteration, options: Options = {}): Promise<string> {
    return this.#inTurn(options, (limits) => this.#iterations.set(iteration, limits));
  }
  finishIteration(options: Options = {}): Promise<void> {
    return this.#inTurn(options, (limits) => this.#iterations.finish(limits));
  }

  async getRunById(
    runId: string,
    options: Options & { readonly modelsOnly?: boolean } = {},
  ): Promise<RunData | undefined> {
    const run = await this.#context.runs.find(runId, limitsOf(options));
    return run === undefined || (options.modelsOnly && !hasModel(run)) ? undefined : run;
  }
  async getParamsByRunId(runId: string, options: Options = {}): Promise<P | undefined> {
    const run = await this.#context.runs.find(runId, limitsOf(options));
    return run && (await this.#paramsOf(run));
  }
  #paramsOf(run: RunData): Promise<P> {
    return validParams(this.#context.options.schema, readParams(run));
  }
  async getBestPreviousRunId(options: Options = {}): Promise<BestRun> {
    const limits = limitsOf(options);
    const previous = await this.#iterations.previous(limits);
    return this.#models.bestRun(await this.#models.bestAmong([previous?.experimentId], limits));
  }
  async getBestCurrentRunId(options: Options = {}): Promise<BestRun> {
    const limits = limitsOf(options);
    const { iteration } = this.#context;
    if (iteration === undefined) return this.#models.bestRun(await this.#models.initialRun(limits));
    return this.#models.bestRun((await this.#models.bestOf(iteration.experimentId, limits))?.run);
  }
  async getTopParams(options: Options = {}): Promise<P[]> {
    const last = await this.#iterations.lastFinished(limitsOf(options));
    return last === undefined ? [] : this.getTopParamsByExperimentId(last.experimentId, options);
  }
  async getTopParamsByExperimentId(experimentId: string, options: Options = {}): Promise<P[]> {
    const { runs, options: settings, isLoss, topRuns } = this.#context;
    const all = await runs.all(experimentId, limitsOf(options));
    const finished = all.filter((run) => outcomeOf(run) === "finished");
    const top: P[] = [];
    for (const { run } of byQuality(finished, isLoss, (one) => qualityOf(one, settings.mainMetric))) {
      if (top.length === topRuns) break;
      try {
        top.push(await this.#paramsOf(run));
      } catch (error) {
        if (!(error instanceof ParamsError)) throw error;
        this.#context.notice(`the run ${run.info.runId} is left out of the top parameters: ${error.message}`);
      }
    }
    return top;
  }

  setRun(params: P, options: Options & { readonly retryFailed?: boolean } = {}): Promise<SetRun> {
    return this.#inTurn(options, (limits) => this.#training.set(params, options.retryFailed ?? false, limits));
  }
  finishRun(options: Options & { readonly asFailed?: boolean } = {}): Promise<void> {
    return this.#inTurn(options, (limits) => this.#training.finish(options.asFailed ?? false, limits));
  }
  saveMetric(value: MetricValue | number): void {
    this.#training.save(value);
  }
  getQuality(options: Options = {}): Promise<number> {
    return this.#training.quality(limitsOf(options));
  }
  async getBestQuality(options: Options = {}): Promise<{ readonly runId: string; readonly value: number } | undefined> {
    const { experimentId } = this.#context.mustHaveIteration("tell the best quality");
    const best = await this.#models.bestOf(experimentId, limitsOf(options), this.#context.active?.runId);
    return best && { runId: best.run.info.runId, value: best.value };
  }

  async downloadModelByRunId(runId: string, options: Options = {}): Promise<M | undefined> {
    const limits = limitsOf(options);
    return this.#models.download(await this.#context.runs.find(runId, limits), `model of the run ${runId}`, limits);
  }
  async downloadModel(options: Options = {}): Promise<M | undefined> {
    return this.downloadModelByRunId(this.#context.mustHaveRun("download a model").runId, options);
  }
  async downloadLastModel(options: Options = {}): Promise<M | undefined> {
    const limits = limitsOf(options);
    return this.#models.download(await this.#models.last(limits), "last model", limits);
  }
  async downloadBestModel(options: Options = {}): Promise<M | undefined> {
    const limits = limitsOf(options);
    return this.#models.download(await this.#models.best(limits), "best model", limits);
  }
  async getLastModelUrl(options: Options = {}): Promise<string | undefined> {
    return this.#models.url(await this.#models.last(limitsOf(options)), "last model");
  }
  async getCurrentModelUrl(options: Options = {}): Promise<string | undefined> {
    const { runId } = this.#context.mustHaveRun("tell where a model is");
    return this.#models.url(await this.#context.runs.find(runId, limitsOf(options)), `model of the run ${runId}`);
  }
  async modelIsUploaded(runId?: string, options: Options = {}): Promise<boolean> {
    const id = runId ?? this.#context.mustHaveRun("tell whether a model is uploaded").runId;
    const run = await this.#context.runs.find(id, limitsOf(options));
    return run !== undefined && hasModel(run);
  }
  deleteModel(runId: string, options: Options = {}): Promise<boolean> {
    return this.#inTurn(options, (limits) => this.#models.delete(runId, limits));
  }
  saveModel(model: M, options: Options & { readonly bestOnly?: boolean } = {}): Promise<SavedModel> {
    return this.#inTurn(options, (limits) => this.#models.save(model, options.bestOnly ?? true, limits));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#inTurn({}, (limits) => this.#iterations.finish(limits));
  }
}

function limitsOf({ signal, timeout }: Options): Limits {
  return { ...(signal && { signal }), ...(timeout !== undefined && { timeout }) };
}
