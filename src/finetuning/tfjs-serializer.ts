import { fromFiles, JSON_FILE, toFiles } from "../tfjs/model-files.ts";
import type { SavableModel, SaveConfig, TfjsArtifacts } from "../tfjs/types.ts";
import { fileOf, type ModelSerializer } from "./serializer.ts";

/**
 * Keeps a model of TensorFlow.js as `model.json` and `weights.bin`, as `saveTfjsModel` of `tracklet/tfjs` does:
 * `tf.loadLayersModel` reads them from any web server, and `loadTfjsModel` from the run.
 *
 * @param load What makes a model of it: `tf.loadLayersModel` or `tf.loadGraphModel`.
 * @param config With `includeOptimizer` also the state of the optimizer is kept, to train on.
 *
 * @example
 * ```ts no-run
 * import * as tf from "@tensorflow/tfjs-layers";
 * import { createExperimentsManager, tfjsSerializer } from "tracklet/finetuning";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const manager = createExperimentsManager<{ rate: number }, tf.LayersModel>({
 *   tracker,
 *   mainMetric: "loss",
 *   isLoss: true,
 *   pluginName: "digits",
 *   serializer: tfjsSerializer((handler) => tf.loadLayersModel(handler), { includeOptimizer: true }),
 * });
 * ```
 */
export function tfjsSerializer<M extends SavableModel>(
  load: (handler: { load(): Promise<TfjsArtifacts> }) => Promise<M>,
  config: SaveConfig = {},
): ModelSerializer<M> {
  return {
    save: async (model) => {
      const files = Object.entries(await toFiles(model, config));
      return new Map(await Promise.all(files.map(async ([name, file]) => [name, await bytesOf(file)] as const)));
    },
    load: async (files) => {
      const json = new TextDecoder().decode(fileOf(files, JSON_FILE));
      return load({ load: () => fromFiles(json, async (path) => fileOf(files, path).slice().buffer) });
    },
  };
}

async function bytesOf(file: string | Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob([file]).arrayBuffer());
}
