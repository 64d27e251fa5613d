import { Context } from "./context.ts";
import type { ExperimentsManager } from "./experiments-manager.ts";
import { Iterations } from "./iterations.ts";
import { Manager } from "./manager.ts";
import { Models } from "./models.ts";
import { Training } from "./training.ts";
import type { DerivedManagerOptions, ExperimentsManagerOptions } from "./types.ts";

/**
 * Makes a manager of the fine-tuning of one model. Nothing is asked of the server before a method is called.
 *
 * @throws ValidationError for options that cannot be, such as an empty main metric.
 *
 * @example
 * ```ts
 * import { createExperimentsManager } from "tracklet/finetuning";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * await using manager = createExperimentsManager<{ lr: number }, { weights: number[] }>({
 *   tracker,
 *   mainMetric: "val_loss",
 *   isLoss: true,
 *   pluginName: "ranking",
 * });
 * const runId = await manager.uploadInitialModel({ weights: [0, 0] });
 * await manager.setIteration({ runId, batchId: "2025-06" });
 * for (const lr of [0.1, 0.01]) {
 *   const { state } = await manager.setRun({ lr });
 *   if (state !== "started" && state !== "resumed") continue;
 *   manager.saveMetric({ name: "val_loss", value: lr * 2 });
 *   await manager.saveModel({ weights: [lr, lr] });
 *   await manager.finishRun();
 * }
 * await manager.finishIteration();
 * console.log(await manager.downloadBestModel()); // { weights: [ 0.01, 0.01 ] }
 * ```
 */
export function createExperimentsManager<P extends object = Record<string, unknown>, M = unknown>(
  options: ExperimentsManagerOptions<P, M>,
): ExperimentsManager<P, M> {
  const context = new Context(options);
  const training = new Training(context);
  const iterations = new Iterations(context, training);
  return new Manager(context, training, iterations, new Models(context, iterations, training));
}

/**
 * Makes a manager for another model on the same server: tracker, requirements, retry and notices are those of `manager`
 * where the options name no others.
 *
 * @throws ValidationError for options that cannot be, or a manager that `createExperimentsManager` has not made.
 *
 * @example
 * ```ts
 * import { createExperimentsManager, fromManager } from "tracklet/finetuning";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const texts = createExperimentsManager({ tracker, mainMetric: "recall", pluginName: "texts" });
 * const images = fromManager(texts, { mainMetric: "recall", pluginName: "images" });
 * console.log(images.pluginName); // images
 * ```
 */
export function fromManager<P extends object = Record<string, unknown>, M = unknown>(
  manager: ExperimentsManager<never, never> | ExperimentsManager<object, unknown>,
  options: DerivedManagerOptions<P, M>,
): ExperimentsManager<P, M> {
  return createExperimentsManager<P, M>({ ...Manager.sharedOf(manager), ...options });
}
