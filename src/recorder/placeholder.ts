import type { CallOptions } from "../client/types/connection.ts";
import { NotFoundError } from "../errors/network-errors.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { Run } from "../tracker/types/run.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { RecorderOptions } from "./types.ts";

/** The run's tag with our id of its placeholder. */
const PLACEHOLDER_TAG = "mlflow.tracklet.recordingModel";

/** Tells MLflow's id of a placeholder; undefined where there are no logged models. */
export type Placeholder = (options?: CallOptions) => Promise<string | undefined>;

/** Makes the model that stands for what comes of a recording: without files, so that there is an id for it at once. */
export async function makePlaceholder(
  run: Run,
  { name, modelClass }: Pick<RecorderOptions, "name" | "modelClass">,
  options?: CallOptions,
): Promise<Placeholder> {
  // What MLflow keeps out of names of models it takes in those of runs.
  const plain = name.toWellFormed().replace(/[/:.%"']/g, "_");
  const type = modelClass === undefined ? {} : { type: modelClass };
  const tags = { "mlflow.tracklet.recording": run.localId };
  const model = await run.logModel({}, { name: [...plain].slice(0, 500).join(""), ...type, tags, ...options });
  run.setTag(PLACEHOLDER_TAG, model.localId);
  return async (limits) => {
    try {
      return await model.modelId(limits);
    } catch (error) {
      if (error instanceof ConfigurationError) return undefined;
      throw error;
    }
  };
}

/** The placeholder that an earlier process made; undefined when it came to none. */
export function findPlaceholder(
  tracker: Tracker,
  recordingId: string,
  tags: Readonly<Record<string, string>>,
): Placeholder | undefined {
  const localId = tags[PLACEHOLDER_TAG];
  if (localId === undefined) return undefined;
  let found: string | undefined;
  return async (limits) => {
    if (found !== undefined) return found;
    const { runId, experimentId } = (await tracker.getRun(recordingId, limits)).info;
    const { createClient } = await import("../client/client.ts");
    const { loggedModels } = createClient(tracker);
    const filter = `attributes.source_run_id = '${runId}'`;
    try {
      for await (const model of loggedModels.search({ experimentIds: [experimentId], filter }, limits)) {
        if (model.tags["mlflow.tracklet.modelId"] === localId) found = model.modelId;
      }
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
    return found;
  };
}
