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
  const { experiment, name = localId, parent: below } = found.created;
  return (
    core.open.get(localId) ?? goOnWith(core, { localId, name, experiment, below }, earlierOf(core, localId, found))
  );
}

/** The same for the one of that name that began last; where none waits, the one that is open here. */
export async function resumeWaitingNamed(
  core: Core,
  named: RunName,
  { signal }: CallOptions,
): Promise<RunHandle | undefined> {
  const localId = await hereNamed(core, named, { ...(signal && { signal }) });
  if (localId === undefined) return undefined;
  return core.open.get(localId) ?? resumeWaiting(core, localId, { ...(signal && { signal }) });
}

/** Our id of the latest run of that name that is known without a server: it waits in the queue, or is open here. */
export async function hereNamed(core: Core, named: RunName, { signal }: CallOptions): Promise<string | undefined> {
  const experiment = core.experimentOf(named);
  const parent = idOf(named.parent);
  if (parent !== undefined) await core.queue.findRunId(parent);
  const fits = (run: NewRun | RunHandle): boolean =>
    run.name === named.name &&
    isSameExperiment(run.experiment, experiment) &&
    (parent === undefined || isSameRun(core, run.parent, parent));
  let waits: string | undefined;
  try {
    waits = await (await core.queue.waiting())?.newest(fits, signal);
  } catch {
    // A storage that cannot be read tells of none.
    signal?.throwIfAborted();
  }
  const about = aboutOf(core, named);
  return waits ?? [...core.open.values()].findLast((run) => namesOf.get(run)?.has(about) || fits(run))?.localId;
}

/** Which run is meant, in one text. */
export function aboutOf(core: Core, named: RunName): string {
  const parent = idOf(named.parent);
  return JSON.stringify([named.name, core.experimentOf(named), parent && (core.queue.localIdOf(parent) ?? parent)]);
}

/** What a run was found by: of one of the server nobody can tell without it, which knows its experiment by another id. */
const namesOf = new WeakMap<RunHandle, Set<string>>();

/** Gives a run as it is, and knows from then on that it is the one that was meant. */
export function foundBy(core: Core, named: RunName, run: RunHandle): RunHandle {
  namesOf.set(run, (namesOf.get(run) ?? new Set()).add(aboutOf(core, named)));
  return run;
}

/**
 * A run of which a part was sent, by our id, while nothing is sent and no server answers: it goes on from what the queue
 * still knows. ONLINE, the server is waited for, which knows all of it, unless it is known to be away.
 */
export async function resumeSentRun(
  core: Core,
  localId: string,
  limits: CallOptions,
  isAway: boolean = core.queue.status().host === "paused",
): Promise<RunHandle | undefined> {
  const found = isAway ? await sentRun(core, localId, limits) : undefined;
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
      const isAway = error instanceof NetworkError && core.queue.status().host === "paused";
      const sent = isAway ? await sentRun(core, localId, limits) : undefined;
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

/** What is left here of a run that the server has. */
async function sentRun(core: Core, localId: string, { signal }: CallOptions): Promise<PartlySentRun | undefined> {
  return (await core.queue.waiting())?.findSent(core.queue.localIdOf(localId) ?? localId, signal);
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
