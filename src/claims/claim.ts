import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { claimKeys } from "./claim-keys.ts";
import { claimOn } from "./claim-on.ts";
import { claimSettings } from "./claim-options.ts";
import { claimTools, refuseFileIds, refuseFileStore } from "./claim-place.ts";
import { claimState } from "./claim-state.ts";
import { knownLockRun, lockRun, lockRunFault } from "./lock-run.ts";
import { nameDigest, shardOf } from "./name-digest.ts";
import type { ClaimOptions, ClaimResult, CommittedClaim } from "./types.ts";

/**
 * Claims a piece of work by name, over any MLflow server with a database: of all programs and machines that do so at
 * once, one gets it. A holder that dies is followed after its lease; results count by a commit that has one winner.
 * Follows `runs/log-parameter`, whose params are write-once. A name leaves three params for ever on one of 64 lock runs,
 * and two more for each time that it is given back: made for some ten thousand names on a server.
 *
 * @param name what is claimed; up to 500 characters. The same name is the same claim, for all experiments of the server.
 * @returns Held, busy (somebody else has it) or committed (it is done).
 * @throws ConfigurationError when the server keeps runs in files, where two may win, or when somebody has deleted runs
 * or the experiment that hold the locks; it says how to restore them.
 * @throws NetworkError without the server's answer; nothing is claimed then for longer than the lease.
 *
 * @example
 * ```ts
 * import { claim } from "tracklet/claims";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const result = await claim(tracker, "sweep / lr=0.1");
 * if (result.state === "held") {
 *   const run = result.startAttempt({ name: "lr=0.1" });
 *   run.logMetric("loss", 0.2);
 *   await result.commit(run);
 * }
 * ```
 */
export async function claim(tracker: Tracker, name: string, options: ClaimOptions = {}): Promise<ClaimResult> {
  const settings = claimSettings(options);
  const id = idOf(name);
  const tools = claimTools(tracker);
  const isDatabase = await refuseFileStore(tools, settings.limits);
  const runId = await lockRun(tools, shardOf(id), settings.limits);
  if (!isDatabase) await refuseFileIds(tools, runId, settings.limits);
  try {
    return await claimOn({ ...tools, runId, keys: claimKeys(id), what: `"${name}"` }, settings);
  } catch (error) {
    throw await lockRunFault(tools, runId, error, settings.limits);
  }
}

/**
 * Claims a run itself, such as a pipeline that several machines may train: as `claim`, with the claim's params on that
 * run instead of a lock run.
 *
 * @param runId MLflow's id; the run must be active. MLflow 2 does not tell that it keeps runs in files, and the ids in its
 * experiment 0 do not show it: no claim on such a run is safe.
 *
 * @example
 * ```ts
 * import { claimRun } from "tracklet/claims";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const pipeline = tracker.startRun({ name: "pipeline" });
 * const result = await claimRun(tracker, await pipeline.runId(), { lease: 30_000 });
 * if (result.state === "held") await result.release();
 * ```
 */
export async function claimRun(tracker: Tracker, runId: string, options: ClaimOptions = {}): Promise<ClaimResult> {
  const settings = claimSettings(options);
  const tools = claimTools(tracker);
  if (!(await refuseFileStore(tools, settings.limits))) await refuseFileIds(tools, runId, settings.limits);
  return claimOn({ ...tools, runId, keys: claimKeys(), what: `the run "${runId}"` }, settings);
}

/**
 * The committed result of a named claim; undefined while there is none. Asks only, and creates nothing.
 *
 * @example
 * ```ts
 * import { committed } from "tracklet/claims";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * const result = await committed(tracker, "sweep / lr=0.1");
 * if (result !== undefined) console.log((await tracker.getRun(result.runId)).data.params);
 * ```
 */
export async function committed(
  tracker: Tracker,
  name: string,
  options: CallOptions = {},
): Promise<CommittedClaim | undefined> {
  const id = idOf(name);
  const tools = claimTools(tracker);
  const runId = await knownLockRun(tools, shardOf(id), options);
  if (runId === undefined) return undefined;
  const state = claimState(await tools.client.runs.get(runId, options), claimKeys(id));
  return state.state === "committed" ? state : undefined;
}

function idOf(name: string): string {
  if (typeof name === "string" && name !== "" && name.length <= 500) return nameDigest(name);
  const shown = typeof name === "string" ? `${name.length} characters` : String(name);
  throw new ValidationError(
    `Cannot claim as the name must be a text of 1 to 500 characters: current value is ${shown}`,
  );
}
