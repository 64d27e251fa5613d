/**
 * Fine-tuning, again and again: from an initial model, iteration by iteration, never training the same parameters twice,
 * with the best model always known, and a bad iteration rolled back. All of it is plain MLflow, to be read in its own UI.
 *
 * @example
 * ```ts
 * import { createExperimentsManager } from "tracklet/finetuning";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * await using manager = createExperimentsManager<{ lr: number }, number[]>({
 *   tracker,
 *   mainMetric: "recall",
 *   pluginName: "search",
 * });
 * await manager.uploadInitialModel([0, 0, 0]);
 * console.log(await manager.downloadBestModel()); // [ 0, 0, 0 ]
 * ```
 *
 * @module
 */
export { createExperimentsManager, fromManager } from "./create-experiments-manager.ts";
export type { ExperimentsManager } from "./experiments-manager.ts";
export type {
  BestRun,
  DerivedManagerOptions,
  ExperimentsManagerOptions,
  FinetuningCallOptions,
  FinetuningIteration,
  MetricValue,
  SavedModel,
  SetRun,
  SharedOptions,
} from "./types.ts";
export { type AccumulatedPoint, type AccumulatorOptions, MetricsAccumulator } from "./metrics-accumulator.ts";
export {
  choice,
  type Dimension,
  type DimensionValue,
  integers,
  range,
  type RangeOptions,
  type SearchSpace,
} from "./search-space.ts";
export { type Optimizer, type OptimizerInput, suggestNext, type SuggestOptions } from "./suggest-next.ts";
export { paramsHash } from "./params-hash.ts";
export { bytesSerializer, jsonSerializer, type ModelFiles, type ModelSerializer } from "./serializer.ts";
export { tfjsSerializer } from "./tfjs-serializer.ts";
export type { FinetuningOperation, RetryRule, RetryTable } from "./retry-table.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
export { IterationError, MissingMetricError, NoRunError, ParamsError } from "./finetuning-errors.ts";

// What these types are made of
export type { CallOptions } from "../client/types/connection.ts";
export type { Experiment, RunData } from "../client/types/entities.ts";
export type { SavableModel, SaveConfig, SaveResult, TfjsArtifacts, TfjsWeight } from "../tfjs/types.ts";
export type { Run } from "../tracker/types/run.ts";
export type { Tracker } from "../tracker/types/tracker.ts";
