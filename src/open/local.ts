/**
 * Experiment tracking for programs on a machine of your own: Node, Deno, Bun. With an MLflow server, or with none.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker({ experiment: "penguins" });
 * await tracker.withRun({ name: "baseline" }, (run) => {
 *   for (let epoch = 0; epoch < 10; epoch++) run.logMetric("loss", 1 / (epoch + 1));
 * });
 * ```
 *
 * @module
 */
export type { EmbeddedServer } from "./embedded.ts";
export { openLocal, type OpenLocalOptions } from "./open-local.ts";
export { openTracker, type OpenTrackerOptions } from "./open-local-tracker.ts";
