/**
 * Experiment tracking for web pages, workers of a page and browser notebooks.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/browser";
 *
 * const tracker = await openTracker({ trackingUri: "http://localhost:5000", experiment: "in the page" });
 * await tracker.withRun({ name: "first" }, (run) => run.logMetric("loss", 0.1));
 * await tracker.close();
 * ```
 *
 * @module
 */
export { openTracker } from "./open-browser-tracker.ts";
