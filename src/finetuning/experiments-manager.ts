import type { Experiment, RunData } from "../client/types/entities.ts";
import type { Run } from "../tracker/types/run.ts";
import type { BestRun, FinetuningCallOptions, FinetuningIteration, MetricValue, SavedModel, SetRun } from "./types.ts";

/**
 * Tunes a model again and again: knows the initial model, the iterations, the best of each, and what was trained before.
 * All of it is on the server, so a program that was killed calls the same again and ends where it would have ended.
 *
 * @typeParam P parameters of a run. @typeParam M the model.
 */
export interface ExperimentsManager<P extends object, M> extends AsyncDisposable {
  /** Name of what is tuned. */
  readonly pluginName: string;
  /** The run that is set, to log more to; undefined for none. */
  readonly run: Run | undefined;
  /** MLflow's id of the active iteration's experiment; undefined while none is set. */
  readonly iterationId: string | undefined;

  /** True when that run holds the initial model. */
  isInitialRun(runId: string, options?: FinetuningCallOptions): Promise<boolean>;
  /** The run of the initial model; undefined before there is one. */
  getInitialRunId(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** True when the initial model is whole on the server. */
  hasInitialModel(options?: FinetuningCallOptions): Promise<boolean>;
  /**
   * Uploads the model that all begins with, after finishing an active iteration. A second time it does nothing and says so.
   *
   * @returns Its run.
   */
  uploadInitialModel(model: M, options?: FinetuningCallOptions): Promise<string>;
  /** The run of the initial model, if that model is there. */
  getInitialModelRunId(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** The initial model; undefined with a notice where there is none. */
  downloadInitialModel(options?: FinetuningCallOptions): Promise<M | undefined>;

  /** Active experiments of the plugin, newest first; the initial one is among them. */
  getExperiments(options?: FinetuningCallOptions): Promise<Experiment[]>;
  /** The iteration that was made before the active one, or before the last one while none is active. */
  getPreviousIterationId(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** The newest iteration but the active one. */
  getLastIterationId(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** The newest iteration but the active one of which all runs, at least one, are FINISHED or FAILED. */
  getLastFinishedIterationId(options?: FinetuningCallOptions): Promise<string | undefined>;
  /**
   * Deletes the models of the finished runs of the previous iteration, and archives it. Once per iteration: called again
   * in the same one, it only completes what an earlier call has begun.
   *
   * @returns The iteration; undefined with a notice where there is none.
   */
  deletePreviousIteration(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** Renames an iteration to `<name>_archive` and deletes it, with its models left as they are. */
  archiveIteration(experimentId: string, options?: FinetuningCallOptions): Promise<void>;
  /** Takes an iteration out of the archive. */
  restoreIteration(experimentId: string, options?: FinetuningCallOptions): Promise<void>;
  /**
   * Archives a bad iteration with its models, after finishing it where it is active. `restoreIteration` undoes it.
   *
   * @returns What is the best now, to deploy again.
   */
  rollBackIteration(experimentId: string, options?: FinetuningCallOptions): Promise<BestRun>;
  /**
   * Begins an iteration or goes on with it; an active one is finished first.
   *
   * @returns MLflow's id of its experiment.
   * @throws IterationError when plugin or start run are another plugin's.
   */
  setIteration(iteration: FinetuningIteration, options?: FinetuningCallOptions): Promise<string>;
  /** Leaves the iteration; a run that is still set ends KILLED, to be trained another time. */
  finishIteration(options?: FinetuningCallOptions): Promise<void>;

  /** A run of any experiment; undefined where there is none, or with `modelsOnly` where it has no model. */
  getRunById(
    runId: string,
    options?: FinetuningCallOptions & { readonly modelsOnly?: boolean },
  ): Promise<RunData | undefined>;
  /** The parameters of a run of any experiment, as they were set; undefined where there is no such run. */
  getParamsByRunId(runId: string, options?: FinetuningCallOptions): Promise<P | undefined>;
  /** The best run with a model of the previous iteration; the initial one where there is none. */
  getBestPreviousRunId(options?: FinetuningCallOptions): Promise<BestRun>;
  /** The best run with a model of the active iteration; the initial one while none is active. */
  getBestCurrentRunId(options?: FinetuningCallOptions): Promise<BestRun>;
  /**
   * Parameters of the best finished runs of the last finished iteration, best first, at most `topRuns`. Runs whose
   * parameters do not fit the schema are left out, with a notice.
   */
  getTopParams(options?: FinetuningCallOptions): Promise<P[]>;
  /** The same of an experiment. */
  getTopParamsByExperimentId(experimentId: string, options?: FinetuningCallOptions): Promise<P[]>;

  /**
   * Begins the run with these parameters, unless it was trained before: then it says so, and no run is set.
   *
   * @param options `retryFailed` trains a failed one again.
   * @throws IterationError in the initial iteration. @throws NoRunError while another run is set. @throws ParamsError for
   * parameters that the schema refuses.
   */
  setRun(params: P, options?: FinetuningCallOptions & { readonly retryFailed?: boolean }): Promise<SetRun>;
  /** Ends the run and waits until all of it is on the server. */
  finishRun(options?: FinetuningCallOptions & { readonly asFailed?: boolean }): Promise<void>;
  /**
   * Logs a metric of the run, the main one by a number alone, through its accumulator where it has one. Returns at once, and
   * needs no server.
   */
  saveMetric(value: MetricValue | number): void;
  /**
   * The best value of the main metric in this run: the least for a loss, else the greatest.
   *
   * @throws MissingMetricError when it has none.
   */
  getQuality(options?: FinetuningCallOptions): Promise<number>;
  /** The best quality among the models of this iteration, without the run that is set; undefined where there is none. */
  getBestQuality(
    options?: FinetuningCallOptions,
  ): Promise<{ readonly runId: string; readonly value: number } | undefined>;

  /**
   * The model of a run; undefined with a notice where there is none.
   *
   * @throws ValidationError when its files are not those that were saved.
   */
  downloadModelByRunId(runId: string, options?: FinetuningCallOptions): Promise<M | undefined>;
  /** The model of the run that is set; undefined with a notice where there is none. */
  downloadModel(options?: FinetuningCallOptions): Promise<M | undefined>;
  /** The best model of the last finished iteration; the initial one where there is none. */
  downloadLastModel(options?: FinetuningCallOptions): Promise<M | undefined>;
  /** The best model of all iterations; the initial one where there is none. */
  downloadBestModel(options?: FinetuningCallOptions): Promise<M | undefined>;
  /** Where the model of `downloadLastModel` is, as MLflow's clients take it; undefined with a notice where there is none. */
  getLastModelUrl(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** Where the model of the run that is set is; undefined with a notice where there is none. */
  getCurrentModelUrl(options?: FinetuningCallOptions): Promise<string | undefined>;
  /** True when the model of that run (by default the one that is set) is whole on the server. */
  modelIsUploaded(runId?: string, options?: FinetuningCallOptions): Promise<boolean>;
  /**
   * Deletes the model of a run for good, never the initial one and none that no manager has made. False, with a notice,
   * where there is nothing to delete.
   *
   * @throws IterationError for a run of another plugin.
   */
  deleteModel(runId: string, options?: FinetuningCallOptions): Promise<boolean>;
  /**
   * Saves the model of the run that is set; by default only if it is as good as the best of the iteration, whose model is
   * removed then. An earlier model of this run counts, too.
   */
  saveModel(model: M, options?: FinetuningCallOptions & { readonly bestOnly?: boolean }): Promise<SavedModel>;
}
