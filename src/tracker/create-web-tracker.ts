import { webDefaults } from "../runtime/web.ts";
import { checkAllOptions, trackerRules } from "./check-options.ts";
import { createOwningTracker } from "./owning-tracker.ts";
import type { Tracker } from "./types/tracker.ts";
import type { TrackerOptions } from "./types/tracker-options.ts";

/**
 * `createTracker` of the entry that bundlers take for pages and edge functions: the same, but without the ports of a
 * process (environment, files, signals), which there is none of.
 *
 * @param options Everything but the platform.
 * @returns The tracker; close it with `await tracker.close()` or `await using`.
 * @throws ConfigurationError when there is no address, or options cannot work; the message says what to do.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 *
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", experiment: "in the page" });
 * await tracker.withRun({ params: { lr: 0.1 } }, (run) => run.logMetric("loss", 0.1));
 * ```
 */
export function createTracker(options: TrackerOptions = {}): Tracker {
  checkAllOptions(options, trackerRules);
  return createOwningTracker(options, {}, { runtime: webDefaults(options.runtime) });
}
