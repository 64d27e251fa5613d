import { createClient } from "../client/client.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { fromFiles, JSON_FILE } from "./model-files.ts";
import type { TfjsArtifacts } from "./types.ts";

/** Where a model lies: a logged model, or a folder in the artifacts of a run. */
export type TfjsModelSource = { readonly modelId: string } | { readonly runId: string; readonly path?: string };

/**
 * Loads a TensorFlow.js model that a run has saved.
 *
 * @param source A logged model's id; or a run (ours or MLflow's id) and the folder of the model in it, by default `model`.
 * @param load What makes a model of it: `tf.loadLayersModel` or `tf.loadGraphModel`.
 * @throws NotFoundError when there is no such model; ValidationError when it is none of TensorFlow.js.
 *
 * @example
 * ```ts no-run
 * import * as tf from "@tensorflow/tfjs-layers";
 * import { loadTfjsModel } from "tracklet/tfjs";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const [best] = await tracker.searchRuns({ orderBy: "metrics.val_loss ASC", maxResults: 1 });
 * if (best !== undefined) {
 *   const model = await loadTfjsModel(tracker, { runId: best.run_id }, (handler) => tf.loadLayersModel(handler));
 *   model.summary();
 * }
 * ```
 */
export async function loadTfjsModel<Model>(
  tracker: Tracker,
  source: TfjsModelSource,
  load: (handler: { load(): Promise<TfjsArtifacts> }) => Promise<Model>,
  options: CallOptions = {},
): Promise<Model> {
  const read = reader(tracker, source, options);
  return load({
    load: async () => fromFiles(await (await read(JSON_FILE)).text(), async (path) => (await read(path)).arrayBuffer()),
  });
}

function reader(
  tracker: Tracker,
  source: TfjsModelSource,
  options: CallOptions,
): (path: string) => Promise<Response> {
  if (typeof source === "object" && source !== null) {
    if ("modelId" in source) {
      const { loggedModels } = createClient(tracker);
      return (path) => loggedModels.downloadArtifact(source.modelId, path, options);
    }
    if (typeof source.runId === "string") {
      const folder = source.path ?? "model";
      return (path) => tracker.openArtifact(source.runId, folder === "" ? path : `${folder}/${path}`, options);
    }
  }
  throw new ValidationError(
    `Cannot load a model as its source must be { modelId } or { runId, path }: current value is ${JSON.stringify(source)}`,
  );
}
