import type { LoggedModelHandle, LogModelOptions } from "../tracker/types/models.ts";
import type { Run } from "../tracker/types/run.ts";
import { toFiles } from "./model-files.ts";
import type { SavableModel } from "./types.ts";

/** How a TensorFlow.js model is saved. */
export interface SaveTfjsModelOptions extends LogModelOptions {
  /** Also the state of the optimizer, to train on. @default false */
  readonly includeOptimizer?: boolean;
  /** More files beside the model, such as the scaler of its inputs; not `model.json` or `weights.bin`. */
  readonly files?: Readonly<Record<string, string | Blob | Uint8Array>>;
}

/**
 * Saves a TensorFlow.js model as a logged model of a run: `model.json` and `weights.bin`, which `tf.loadLayersModel` and
 * `loadTfjsModel` take. Goes through the queue, so it works without a server too.
 *
 * @returns The logged model, as soon as all is persisted.
 *
 * @example
 * ```ts no-run
 * import * as tf from "@tensorflow/tfjs-layers";
 * import { saveTfjsModel } from "tracklet/tfjs";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * await tracker.withRun(async (run) => {
 *   const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
 *   const saved = await saveTfjsModel(run, model, { name: "net", params: { units: 1 } });
 *   run.logMetric("loss", 0.1, { model: saved });
 * });
 * ```
 */
export async function saveTfjsModel(
  run: Run,
  model: SavableModel,
  options: SaveTfjsModelOptions = {},
): Promise<LoggedModelHandle> {
  const { includeOptimizer = false, files, ...rest } = options;
  const saved = await toFiles(model, { includeOptimizer });
  return run.logModel({ ...files, ...saved }, { type: "tensorflow.js", ...rest });
}
