import { createClient } from "../client/client.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { isNotFoundError } from "../errors/guards.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { fromFiles, JSON_FILE } from "./model-files.ts";
import type { TfjsArtifacts } from "./types.ts";

/** Which model: by its id, or as the one of that name that a run has saved (the newest, by default of the name `model`). */
export type TfjsModelSource = { readonly modelId: string } | { readonly runId: string; readonly name?: string };

/**
 * Loads a TensorFlow.js model that a run has saved.
 *
 * @param source A logged model's id; or a run (ours or MLflow's id) and the name of its model. Without a logged model of that
 * name, the folder of that name in the run's artifacts is taken, which is where MLflow 2 has it.
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
  const read = await reader(tracker, source, options);
  return load({
    load: async () => fromFiles(await (await read(JSON_FILE)).text(), async (path) => (await read(path)).arrayBuffer()),
  });
}

type Reader = (path: string) => Promise<Response>;

async function reader(tracker: Tracker, source: TfjsModelSource, options: CallOptions): Promise<Reader> {
  const { loggedModels } = createClient(tracker);
  const known = typeof source === "object" && source !== null ? source : undefined;
  if (known !== undefined && "modelId" in known) {
    return (path) => loggedModels.downloadArtifact(known.modelId, path, options);
  }
  if (typeof known?.runId !== "string") {
    throw new ValidationError(
      `Cannot load a model as its source must be { modelId } or { runId, name }: current value is ${JSON.stringify(source)}`,
    );
  }
  const { runId, name = "model" } = known;
  const modelId = await modelOf(tracker, runId, name, options);
  if (modelId !== undefined) return (path) => loggedModels.downloadArtifact(modelId, path, options);
  return (path) => tracker.openArtifact(runId, `${name}/${path}`, options);
}

/** The newest logged model of that name that the run has made; undefined when there is none, or the server has none at all. */
async function modelOf(
  tracker: Tracker,
  runId: string,
  name: string,
  options: CallOptions,
): Promise<string | undefined> {
  const { info } = await tracker.getRun(runId, options);
  const query = {
    experimentIds: [info.experimentId],
    filter: `source_run_id = '${info.runId}'`,
    orderBy: "creation_timestamp DESC",
  };
  try {
    for await (const model of createClient(tracker).loggedModels.search(query, options)) {
      if (model.name === name) return model.modelId;
    }
  } catch (error) {
    if (!isNotFoundError(error)) throw error;
  }
  return undefined;
}
