import type { CallOptions } from "../client/types/connection.ts";
import { isNetworkError } from "../errors/guards.ts";
import { ServerError, TimeoutError } from "../errors/network-errors.ts";
import type { Run } from "../tracker/types/run.ts";
import type { FindOrStartRunOptions, Tracker } from "../tracker/types/tracker.ts";
import { claim } from "./claim.ts";
import { nameDigest } from "./name-digest.ts";
import type { HeldClaim } from "./types.ts";

/** Milliseconds for which others wait until a run that was started is on the server. */
const CREATED_WITHIN = 10_000;

/** Milliseconds: those who wait look again after some eighth of it. */
const LEASE = 5_000;

/** Milliseconds for one request of the claim, however long all of it may take. */
const REQUEST = 30_000;

/**
 * `tracker.findOrStartRun()` for machines that share nothing but a server: looking and starting happen under a claim of
 * the run's name, so that of all who look at once one starts it. It costs some requests more where a run is started; where
 * one is found to go on with, none. The claim is given back when the run is on the server, after 10 s at most. As with
 * every claim, a program that stands still between look and start for longer than the lease of 5 s may be followed.
 *
 * @param options As of the tracker's method; `timeout` is also how long others are waited for.
 * @throws TimeoutError when somebody else has the name for longer than `timeout`.
 *
 * @example
 * ```ts
 * import { findOrStartRun } from "tracklet/claims";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker({ experiment: "folds" });
 * const sweep = await findOrStartRun(tracker, { name: "sweep" });
 * await sweep.end();
 * ```
 */
export async function findOrStartRun(tracker: Tracker, options: FindOrStartRunOptions): Promise<Run> {
  // What is no name is refused there.
  if (typeof options?.name !== "string" || options.name === "") return tracker.findOrStartRun(options);
  const limits = limitsOf(options);
  const found = await existing(tracker, options, limits);
  if (found !== undefined) return found;
  const held = await claimed(tracker, options, limits);
  if (held === undefined) return tracker.findOrStartRun(options);
  try {
    const run = await tracker.findOrStartRun(options);
    // Others look for it on the server. That it cannot get there now is told by the queue, and is no fault of this call.
    await run.runId({ ...limits, timeout: Math.min(limits.timeout ?? CREATED_WITHIN, CREATED_WITHIN) }).catch(() => {});
    return run;
  } finally {
    // Whoever waits gets it after the lease then.
    await held.release(limits).catch(() => {});
  }
}

/** The run to go on with: who finds it starts none, so nobody needs to be kept out. */
async function existing(
  tracker: Tracker,
  { name, experiment, parent, ifExists = "reuse", params, tags }: FindOrStartRunOptions,
  limits: CallOptions,
): Promise<Run | undefined> {
  if (ifExists !== "reuse") return undefined;
  const where = { ...(experiment !== undefined && { experiment }), ...(parent !== undefined && { parent }) };
  // Why there is none, or whatever else is wrong, is told by the call that starts it.
  const run = await tracker.resumeRun({ name, ...where }, limits).catch(() => undefined);
  limits.signal?.throwIfAborted();
  if (params !== undefined) run?.logParams(params);
  if (tags !== undefined) run?.setTags(tags);
  return run;
}

/** The claim of a name; undefined when nothing answers and the run is to be started all the same. */
async function claimed(
  tracker: Tracker,
  { name, ifUnreachable }: FindOrStartRunOptions,
  limits: CallOptions,
): Promise<HeldClaim | undefined> {
  const { timeout } = limits;
  const request = timeout === undefined ? {} : { timeout: Math.min(timeout, REQUEST) };
  const within = { ...limits, ...request, lease: LEASE, wait: timeout ?? true };
  try {
    // By the name alone: an experiment and a parent may be named in more than one way.
    const got = await claim(tracker, `findOrStartRun ${nameDigest(name)}`, within);
    if (got.state === "held") return got;
  } catch (error) {
    if (ifUnreachable !== "start" || !(isNetworkError(error) || error instanceof ServerError)) throw error;
    return undefined;
  }
  throw new TimeoutError(
    `Cannot find or start the run "${name}" as somebody else has been about to start it for ${timeout} ms: call again`,
    { method: "POST", url: tracker.connection.trackingUri },
  );
}

function limitsOf({ timeout, signal }: FindOrStartRunOptions): CallOptions {
  return { ...(timeout !== undefined && { timeout }), ...(signal !== undefined && { signal }) };
}
