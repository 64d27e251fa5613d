import type { CallOptions } from "../client/types/connection.ts";
import type { MetricPoint } from "../client/types/entities.ts";
import { NetworkError } from "../errors/network-errors.ts";
import type { LoggedRun, PartlySentRun, WaitingRun } from "../queue/drain/waiting-runs.ts";
import type { NewRun } from "../queue/types.ts";
import type { Core } from "./core.ts";
import { type EarlierRun, goOnWith } from "./earlier-run.ts";
import { limited } from "./limited.ts";
import { everythingDelivered, getRun } from "./reads.ts";
import type { RunHandle } from "./run.ts";
import { isServerId } from "./run-id.ts";
import { idOf, type RunName } from "./run-named.ts";
import { serverRunId } from "./server-run-id.ts";
import { restOf } from "./with-rest.ts";

/** A run of an earlier process that no server has yet, by our id: what waits in the queue says where it stands. */
export async function resumeWaiting(core: Core, localId: string, limits: CallOptions): Promise<RunHandle | undefined> {
  const found = await waitingRun(core, localId, limits);
  if (found === undefined) return undefined;
  core.guard.mustBeOpen("resume a run");
  const { experiment, name = localId } = found.created;
  return core.open.get(localId) ?? goOnWith(core, { localId, name, experiment }, earlierOf(core, localId, found));
}

/** The same for the one of that name that began last. */
export async function resumeWaitingNamed(
  core: Core,
  named: RunName,
  { signal }: CallOptions,
): Promise<RunHandle | undefined> {
  const experiment = core.experimentOf(named);
  const parent = idOf(named.parent);
  if (parent !== undefined) await core.queue.findRunId(parent);
  const fits = (run: NewRun): boolean =>
    run.name === named.name &&
    isSameExperiment(run.experiment, experiment) &&
    (parent === undefined || isSameRun(core, run.parent, parent));
  const waiting = await core.queue.waiting();
  const localId = await waiting?.newest(fits, signal);
  if (localId === undefined) return undefined;
  return core.open.get(localId) ?? resumeWaiting(core, localId, { ...(signal && { signal }) });
}

/**
 * A run of which a part was sent, by our id, while nothing is sent and no server answers: it goes on from what the queue
 * still knows. ONLINE, the server is waited for, which knows all of it.
 */
export async function resumeSentRun(core: Core, localId: string, limits: CallOptions): Promise<RunHandle | undefined> {
  const found = await sentRun(core, localId, limits);
  if (found === undefined) return undefined;
  core.guard.mustBeOpen("resume a run");
  const open = core.open.get(localId);
  if (open !== undefined) return open;
  const { runId, experimentId, name = localId } = found.mapping;
  core.queue.adoptRun(localId, runId, experimentId);
  const seed = { localId, name, experiment: { id: experimentId } };
  return goOnWith(core, seed, { ...earlierOf(core, localId, found), steps: found.steps });
}

/** The tags that a run has, wherever it is. */
export function tagsOf(core: Core, localId: string, options?: CallOptions): Promise<Readonly<Record<string, string>>> {
  return limited(core, "read the tags", options, "", async (limits) => {
    const waiting = await waitingRun(core, localId, limits);
    if (waiting !== undefined) return Object.fromEntries(waiting.tags);
    try {
      const run = await getRun(core, localId, limits);
      const rest = await restOf(core, run, limits);
      return { ...run.data.tags, ...Object.fromEntries(rest?.tags ?? []) };
    } catch (error) {
      const sent = error instanceof NetworkError ? await sentRun(core, localId, limits) : undefined;
      if (sent === undefined) throw error;
      return Object.fromEntries(sent.tags);
    }
  });
}

/** What waits of a run; undefined where the server has it, and where the storage does not say. */
async function waitingRun(core: Core, localId: string, { signal }: CallOptions): Promise<WaitingRun | undefined> {
  // What has MLflow's id is on a server.
  if (isServerId(localId)) return undefined;
  try {
    return await (await core.queue.waiting())?.find(localId, signal);
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** What is left here of a run that the server has; undefined unless the queue is paused. */
async function sentRun(core: Core, localId: string, { signal }: CallOptions): Promise<PartlySentRun | undefined> {
  if (core.queue.status().host !== "paused" || isServerId(localId)) return undefined;
  return (await core.queue.waiting())?.findSent(localId, signal);
}

function earlierOf(core: Core, localId: string, { params, tags, latest, inputs, history }: LoggedRun): EarlierRun {
  return {
    params: Object.fromEntries(params),
    tags: Object.fromEntries(tags),
    latest: [...latest.values()],
    inputs,
    history: async (key) => (await history(key)) ?? sentHistory(core, localId, key),
  };
}

/** It was on its way to the server when it was looked for. */
async function sentHistory(core: Core, localId: string, key: string): Promise<MetricPoint[]> {
  await everythingDelivered(core, {}, localId);
  const { metrics } = await core.client();
  return metrics.history({ runId: await serverRunId(core, localId, {}), key }).all();
}

function isSameExperiment(a: NewRun["experiment"], b: NewRun["experiment"]): boolean {
  return "id" in a ? "id" in b && a.id === b.id : "name" in b && a.name === b.name;
}

function isSameRun(core: Core, parent: NewRun["parent"], id: string): boolean {
  if (parent === undefined) return false;
  const { queue } = core;
  return "local" in parent
    ? parent.local === (queue.localIdOf(id) ?? id)
    : parent.server === (queue.knownRunId(id) ?? id);
}
