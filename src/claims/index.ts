/**
 * Locks over any MLflow server: of many programs on many machines, one does a piece of work, and one result counts. Works
 * on every MLflow database, as a param has one winner there; needs no clock that machines agree on.
 *
 * What it cannot do: an unmodified server takes a late write of a holder that was thought dead. So every generation
 * writes to a run of its own, and readers use the committed one.
 *
 * @example
 * ```ts
 * import { claim } from "tracklet/claims";
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * for (const lr of [0.1, 0.01]) {
 *   const result = await claim(tracker, `sweep / lr=${lr}`);
 *   if (result.state !== "held") continue; // somebody else does it, or has done it
 *   const run = result.startAttempt({ params: { lr } });
 *   run.logMetric("loss", lr / 2);
 *   await result.commit(run);
 * }
 * ```
 *
 * @module
 */
export type { CallOptions } from "../client/types/connection.ts";
export type { Run, StartRunOptions } from "../tracker/types/run.ts";
export type { FindOrStartRunOptions, Tracker } from "../tracker/types/tracker.ts";
export { claim, claimRun, committed } from "./claim.ts";
export { ClaimLostError } from "./claim-lost-error.ts";
export { findOrStartRun } from "./find-or-start-run.ts";
export { IncompleteAttemptError } from "./incomplete-attempt-error.ts";
export type { BusyClaim, ClaimOptions, ClaimResult, CommitOptions, CommittedClaim, HeldClaim } from "./types.ts";
