import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { BadRequestError } from "../errors/network-errors.ts";
import type { Core } from "./core.ts";
import { limited } from "./limited.ts";
import type { RunHandle } from "./run.ts";
import { serverRunId } from "./server-run-id.ts";

/** Goes on with a run: this tracker's own one at once, another after reading where it stands. */
export function resumeRun(
  core: Core,
  id: string,
  options?: CallOptions & { signal?: AbortSignal },
): Promise<RunHandle> {
  return limited(core, "resumeRun", options, async (limits) => {
    const own = core.open.get(core.queue.localIdOf(id) ?? id);
    if (own !== undefined) return own;
    await core.queue.settle({ runs: [id], timeout: freshness, ...limits });
    const { runs } = await core.client();
    const run = await runs.get(await serverRunId(core, id, limits), limits);
    return continueRun(core, run);
  });
}

const freshness = 5000;

/** A handle for a run that the server has; its status is RUNNING again. */
export function continueRun(core: Core, run: RunData): RunHandle {
  const { info, data } = run;
  core.guard.mustBeOpen("resume a run");
  if (info.lifecycleStage === "deleted") throw deleted(core, run);
  const localId = core.queue.localIdOf(info.runId) ?? data.tags["mlflow.tracklet.runId"] ?? core.newLocalId();
  const open = core.open.get(localId);
  if (open !== undefined) return open;
  if (core.queue.localIdOf(info.runId) === undefined) core.queue.adoptRun(localId, info.runId, info.experimentId);
  const handle = core.handleOf({ localId, name: info.runName, experiment: { id: info.experimentId } });
  for (const [key, value] of Object.entries(data.params)) handle.params.known(key, value);
  for (const { key, step } of data.latestMetrics) handle.metrics.reached(key, step);
  handle.loggedArtifacts = readList(data.tags["mlflow.loggedArtifacts"]);
  core.queue.updateRun(localId, { status: "RUNNING" });
  return handle;
}

function readList(text: string | undefined): { path: string; type: string }[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((entry) => typeof entry?.path === "string") : [];
  } catch {
    return [];
  }
}

function deleted(core: Core, { info }: RunData): BadRequestError {
  const message = `Cannot resume the run "${info.runId}" as it is deleted: restore it with createClient(tracker).runs.restore("${info.runId}")`;
  const request = { method: "GET", url: `${core.connection.trackingUri}/api/2.0/mlflow/runs/get` };
  return new BadRequestError(message, { status: 400, errorCode: "INVALID_STATE", serverMessage: "", request });
}
