import { ValidationError } from "../errors/usage-errors.ts";
import type { Run } from "../tracker/types/run.ts";
import { EarlyStop, type EarlyStopOptions } from "./early-stop.ts";
import type { TfjsCallback, TfjsLogs, TrainableModel } from "./types.ts";

/** What `tfjsCallback` logs and when it stops. */
export interface TfjsCallbackOptions {
  /**
   * The model that is trained: with it the learning rate is logged, early stopping works, and the training stops when
   * somebody asks the run to.
   */
  readonly model?: TrainableModel;
  /** Also logs the figures of each batch, as `batch_loss` and so on. @default false */
  readonly perBatch?: boolean;
  /** Put before each key, such as `teacher/`. @default "" */
  readonly prefix?: string;
  /** Ends the training when a figure has not improved for a while; needs `model`. */
  readonly earlyStopping?: EarlyStopOptions;
}

/**
 * Callbacks that log a `model.fit` of TensorFlow.js to a run: loss and metrics of each epoch with the epoch as step, of
 * each batch on request, the learning rate, and why the training stopped.
 *
 * @returns A plain object for `callbacks` of `fit`; several can stand in a list.
 * @throws ValidationError for options that cannot work together.
 *
 * @example
 * ```ts no-run
 * import * as tf from "@tensorflow/tfjs-layers";
 * import { tfjsCallback } from "tracklet/tfjs";
 * import { openTracker } from "tracklet/local";
 * import type { Tensor } from "@tensorflow/tfjs-core";
 *
 * declare const x: Tensor, y: Tensor;
 * await using tracker = await openTracker();
 * await tracker.withRun(async (run) => {
 *   const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
 *   model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 *   const earlyStopping = { monitor: "val_loss", patience: 3 };
 *   await model.fit(x, y, { epochs: 50, validationSplit: 0.2, callbacks: tfjsCallback(run, { model, earlyStopping }) });
 * });
 * ```
 */
export function tfjsCallback(run: Run, options: TfjsCallbackOptions = {}): TfjsCallback {
  const { model, perBatch = false, prefix = "", earlyStopping } = options;
  if (earlyStopping !== undefined && model === undefined) {
    throw new ValidationError("Cannot stop a training early as the model must be given: pass { model, earlyStopping }");
  }
  const early = earlyStopping === undefined ? undefined : new EarlyStop(earlyStopping);
  let batches = 0;
  let lastEpoch = -1;
  let reason = "all epochs done";

  const stop = (why: string): void => {
    if (model === undefined || model.stopTraining) return;
    reason = why;
    model.stopTraining = true;
  };
  const log = (logs: TfjsLogs | undefined, before: string, step: number): void => {
    const values: Record<string, number> = {};
    // Others may put things beside the numbers; tfjs itself puts the number and the size of the batch.
    for (const [key, value] of Object.entries(logs ?? {})) {
      if (typeof value === "number" && key !== "batch" && key !== "size") values[`${prefix}${before}${key}`] = value;
    }
    run.logMetrics(values, { step });
  };
  return {
    async onTrainBegin() {
      if (model !== undefined) void run.signal; // from now on it is looked whether somebody asks for a stop
    },
    async onBatchEnd(_, logs) {
      if (perBatch) log(logs, "batch_", batches);
      batches++;
      if (model !== undefined && run.signal.aborted) stop(stopText(run.signal.reason));
    },
    async onEpochEnd(epoch, logs) {
      lastEpoch = epoch;
      const rate = learningRate(model);
      log(rate === undefined ? logs : { ...logs, learning_rate: rate }, "", epoch);
      const done = early?.judge(epoch, logs);
      if (done !== undefined) stop(done);
    },
    async onTrainEnd() {
      run.summary({ epochs: lastEpoch + 1, stop_reason: reason, ...early?.summary() });
    },
  };
}

function stopText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** All optimizers of TensorFlow.js keep it in a field of that name, which their types call protected. */
function learningRate(model: TrainableModel | undefined): number | undefined {
  const { optimizer } = (model ?? {}) as { optimizer?: { learningRate?: unknown } };
  return typeof optimizer?.learningRate === "number" ? optimizer.learningRate : undefined;
}
