/**
 * TensorFlow.js trainings and models in runs. Takes models and callbacks by their shape and imports nothing of
 * TensorFlow.js, so every package and version of it works.
 *
 * @example
 * ```ts no-run
 * import * as tf from "@tensorflow/tfjs-layers";
 * import { saveTfjsModel, tfjsCallback } from "tracklet/tfjs";
 * import { openTracker } from "tracklet/local";
 * import type { Tensor } from "@tensorflow/tfjs-core";
 *
 * declare const x: Tensor, y: Tensor;
 * await using tracker = await openTracker();
 * await tracker.withRun(async (run) => {
 *   const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
 *   model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 *   await model.fit(x, y, { epochs: 10, callbacks: tfjsCallback(run, { model }) });
 *   await saveTfjsModel(run, model);
 * });
 * ```
 *
 * @module
 */
export type { CallOptions } from "../client/types/connection.ts";
export type { LoggedModelHandle, LogModelOptions } from "../tracker/types/models.ts";
export type { Run } from "../tracker/types/run.ts";
export type { Tracker } from "../tracker/types/tracker.ts";
export type { EarlyStopOptions } from "./early-stop.ts";
export { loadTfjsModel, type TfjsModelSource } from "./load-tfjs-model.ts";
export { saveTfjsModel, type SaveTfjsModelOptions } from "./save-tfjs-model.ts";
export { tfjsCallback, type TfjsCallbackOptions } from "./tfjs-callback.ts";
export type {
  SavableModel,
  SaveConfig,
  SaveResult,
  TfjsArtifacts,
  TfjsCallback,
  TfjsLogs,
  TfjsWeight,
  TrainableModel,
} from "./types.ts";
