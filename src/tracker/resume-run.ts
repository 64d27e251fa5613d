import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { NetworkError, NotFoundError } from "../errors/network-errors.ts";
import { hasRules } from "./alerts/has-rules.ts";
import type { Core } from "./core.ts";
import { inputConflict } from "./dataset-input.ts";
import { deletedError } from "./deleted-error.ts";
import { quote } from "./key.ts";
import { LateAlerts } from "./late-alerts.ts";
import { limited } from "./limited.ts";
import { everythingDelivered } from "./reads.ts";
import { replaceAtEnd, replacedBy } from "./replaced-runs.ts";
import type { LoggedArtifact, RunHandle } from "./run.ts";
import { checkName, type RunName, runsNamed } from "./run-named.ts";
import { serverRunId } from "./server-run-id.ts";

/** Goes on with a run: this tracker's own one at once, another after reading where it stands. */
export function resumeRun(core: Core, which: string | RunName, options?: CallOptions): Promise<RunHandle> {
  return limited(core, "resumeRun", options, async (limits) => {
    if (typeof which === "object" && which !== null) return resumeNamed(core, which, limits);
    const own = core.open.get(core.queue.localIdOf(which) ?? which);
    if (own !== undefined) return own;
    await everythingDelivered(core, limits, which);
    const { runs } = await core.client();
    const runId = await serverRunId(core, which, limits).catch(async (cause: unknown) => {
      throw (await waitsHere(core, which)) ? notSent(core, which, cause) : cause;
    });
    return continueRun(core, await runs.get(runId, limits));
  });
}

/** True for a run of another process that is in this queue's storage, and on no server yet. */
async function waitsHere(core: Core, localId: string): Promise<boolean> {
  const receipt = await core.queue.receipt(localId).catch(() => undefined);
  return receipt !== undefined && receipt.runId === undefined && receipt.lines.length > 0;
}

function notSent(core: Core, localId: string, cause: unknown): NetworkError {
  const { storage, host } = core.queue.status();
  const cure =
    host === "paused"
      ? 'send it first, by tracker.queue.resume(), in a recorder by setMode("ONLINE")'
      : "try again when the server answers";
  const message = `Cannot resume the run ${quote(localId)} as it waits in the queue ${storage} and no server has it yet: ${cure}; tracklet sync sends it too`;
  const url = `${core.connection.trackingUri}/api/2.0/mlflow/runs/create`;
  return new NetworkError(message, { method: "POST", url }, { cause });
}

/** The latest active run of that name. */
async function resumeNamed(core: Core, named: RunName, limits: CallOptions): Promise<RunHandle> {
  checkName("resume a run", named.name);
  await everythingDelivered(core, limits);
  for await (const run of runsNamed(core, named, limits)) return continueRun(core, run);
  const experiment = core.experimentOf(named);
  const where = "id" in experiment ? `experiment ${experiment.id}` : `the experiment ${quote(experiment.name)}`;
  const message = `Cannot resume the run ${quote(named.name)} as there is no active one of that name in ${where}${named.parent === undefined ? "" : " below that parent"}: findOrStartRun() starts it`;
  throw new NotFoundError(message, {
    status: 404,
    errorCode: "RESOURCE_DOES_NOT_EXIST",
    serverMessage: "",
    request: { method: "POST", url: `${core.connection.trackingUri}/api/2.0/mlflow/runs/search` },
  });
}

/** A handle for a run that the server has; its status is RUNNING again. */
export function continueRun(core: Core, run: RunData): RunHandle {
  const { info, data } = run;
  core.guard.mustBeOpen("resume a run");
  if (info.lifecycleStage === "deleted") {
    throw deletedError(core, "resume the run", "run", { id: info.runId });
  }
  const localId = core.queue.localIdOf(info.runId) ?? data.tags["mlflow.tracklet.runId"] ?? core.newLocalId();
  const open = core.open.get(localId);
  if (open !== undefined) return open;
  if (core.queue.localIdOf(info.runId) === undefined) core.queue.adoptRun(localId, info.runId, info.experimentId);
  const handle = core.handleOf({ localId, name: info.runName, experiment: { id: info.experimentId } });
  for (const [key, value] of Object.entries(data.params)) handle.params.known(key, value);
  for (const { key, step } of data.latestMetrics) handle.metrics.reached(key, step);
  for (const input of run.inputs.datasets) inputConflict(handle.inputs, input);
  handle.loggedArtifacts = readList(data.tags["mlflow.loggedArtifacts"]);
  replaceAtEnd(core, handle, replacedBy(run));
  if (hasRules(data.tags)) handle.alerts = new LateAlerts(core, handle, run);
  core.queue.updateRun(localId, { status: "RUNNING" });
  return handle;
}

function readList(text: string | undefined): LoggedArtifact[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((entry) => typeof entry?.path === "string") : [];
  } catch {
    return [];
  }
}
