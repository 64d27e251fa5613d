import { checkAllOptions, trackerRules } from "./check-options.ts";
import { createOwningTracker } from "./owning-tracker.ts";
import { processPlace } from "./process-place.ts";
import type { Tracker } from "./types/tracker.ts";
import type { TrackerOptions } from "./types/tracker-options.ts";

/**
 * Makes a tracker for an MLflow server. Costs no I/O and starts no timer; a server that cannot be reached stops nothing.
 *
 * @param options Everything that MLflow's environment variables do not say.
 * @returns The tracker; close it with `await tracker.close()` or `await using`.
 * @throws ConfigurationError when there is no address, or options cannot work; the message says what to do.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 *
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", experiment: "lesson" });
 * await tracker.withRun({ params: { lr: 0.1 } }, (run) => run.logMetric("loss", 0.1));
 * ```
 */
export function createTracker(options: TrackerOptions = {}): Tracker {
  checkAllOptions(options, trackerRules);
  return createOwningTracker(options, {}, processPlace(options.runtime));
}
