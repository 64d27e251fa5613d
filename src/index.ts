/**
 * MLflow experiment tracking for every JavaScript runtime, with everything chosen by hand. Most people want an entry named
 * by place instead: `tracklet/local` (Node, Deno, Bun) or `tracklet/browser`.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 *
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000" });
 * await tracker.withRun({ name: "first" }, (run) => run.logMetric("loss", 0.1));
 * ```
 *
 * @module
 */
export { createTracker } from "./tracker/create-tracker.ts";
export * from "./everywhere.ts";
