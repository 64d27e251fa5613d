import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { NetworkError, NotFoundError } from "../errors/network-errors.ts";
import type { PartlySentRun } from "../queue/drain/waiting-runs.ts";
import { checkOptions, namesOnly } from "./check-options.ts";
import type { Core } from "./core.ts";
import { deletedError } from "./deleted-error.ts";
import { goOnWith } from "./earlier-run.ts";
import { quote } from "./key.ts";
import { limited } from "./limited.ts";
import { everythingDelivered } from "./reads.ts";
import { foundBy, hereNamed, resumeSentRun, resumeWaiting, resumeWaitingNamed } from "./resume-waiting.ts";
import type { RunHandle } from "./run.ts";
import { checkName, type RunName, runsNamed } from "./run-named.ts";
import { serverRunId } from "./server-run-id.ts";
import { restOf, withRest } from "./with-rest.ts";

/** Goes on with a run: this tracker's own one at once, another after reading where it stands. */
export function resumeRun(core: Core, which: string | RunName, options?: CallOptions): Promise<RunHandle> {
  return limited(core, "resumeRun", options, "", async (limits) => {
    if (typeof which === "object" && which !== null) return resumeNamed(core, which, limits);
    if (core.queue.localIdOf(which) === undefined) await core.queue.findRunId(which);
    const own = core.open.get(core.queue.localIdOf(which) ?? which);
    if (own !== undefined) return own;
    // Of what no server has, none can say more.
    const waiting = await resumeWaiting(core, which, limits);
    if (waiting !== undefined) return waiting;
    await everythingDelivered(core, limits, which);
    try {
      const { runs } = await core.client();
      const run = await runs.get(await serverRunId(core, which, limits), limits);
      return continueRun(core, run, await restOf(core, run, limits));
    } catch (error) {
      const sent = error instanceof NetworkError ? await resumeSentRun(core, which, limits) : undefined;
      if (sent === undefined) throw error;
      return sent;
    }
  });
}

/**
 * The latest active run of that name. What waits in the queue is asked for it first while nothing is sent, and last where
 * no server answers or has one: else it is delivered before, and the server knows of other machines too.
 */
async function resumeNamed(core: Core, named: RunName, limits: CallOptions): Promise<RunHandle> {
  checkName("resume a run", named.name);
  checkOptions(named, namesOnly("name experiment parent"));
  const isPaused = core.queue.status().host === "paused";
  const here = await hereNamed(core, named, limits);
  const isSent = here !== undefined && (await core.queue.findRunId(here)) !== undefined;
  const waiting = isPaused ? await resumeWaitingNamed(core, named, limits) : undefined;
  if (waiting !== undefined) return waiting;
  try {
    return await resumeSent(core, named, limits);
  } catch (error) {
    const isMissing = error instanceof NetworkError || error instanceof NotFoundError;
    const left =
      isPaused || !isMissing || (isSent && error instanceof NotFoundError)
        ? undefined
        : await resumeWaitingNamed(core, named, limits);
    if (left === undefined) throw error;
    return left;
  }
}

async function resumeSent(core: Core, named: RunName, limits: CallOptions): Promise<RunHandle> {
  await everythingDelivered(core, limits);
  for await (const run of runsNamed(core, named, limits)) {
    return foundBy(core, named, continueRun(core, run, await restOf(core, run, limits)));
  }
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

/** A handle for a run that the server has, with what still waits of it; its status is RUNNING again. */
export function continueRun(core: Core, { info, data, inputs }: RunData, rest: PartlySentRun | undefined): RunHandle {
  core.guard.mustBeOpen("resume a run");
  const { runId, experimentId } = info;
  if (info.lifecycleStage === "deleted") throw deletedError(core, "resume the run", "run", { id: runId });
  // A run of another client has no id of ours: MLflow's, so that each process that goes on with it means the same run.
  const localId = core.queue.localIdOf(runId) ?? data.tags["mlflow.tracklet.runId"] ?? runId;
  const open = core.open.get(localId);
  if (open !== undefined) return open;
  if (core.queue.localIdOf(runId) === undefined) core.queue.adoptRun(localId, runId, experimentId);
  const { params, tags, latestMetrics: latest } = data;
  const history = async (key: string) => (await core.client()).metrics.history({ runId, key }).all();
  const seed = { localId, name: info.runName, experiment: { id: experimentId } };
  const sent = { params, tags, latest, inputs: inputs.datasets, history };
  return goOnWith(core, seed, rest === undefined ? sent : withRest(sent, rest));
}
