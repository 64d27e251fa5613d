/**
 * One object for a whole training or evaluation, on a desk or in the field: what it is, its records, its summary, its
 * alerts, sent at once or when there is a network again; and its environment, to be made again a year later.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 * import { createRecorder } from "tracklet/recorder";
 *
 * const recorder = createRecorder({ tracker: openTracker, name: "walk 7", project: "field study", mode: "OFFLINE" });
 * await recorder.record((walk) => {
 *   for (let step = 0; step < 3; step++) walk.addRecord({ height: 100 + step });
 * });
 * ```
 *
 * @module
 */
export type { CallOptions } from "../client/types/connection.ts";
export type { FlushReport } from "../queue/types.ts";
export type { Alert, AlertOperator, AlertRule, AlertWebhook } from "../tracker/types/alerts.ts";
export type { InputDataset } from "../tracker/types/datasets.ts";
export type { Run } from "../tracker/types/run.ts";
export type { MetricOptions } from "../tracker/types/values.ts";
export type { Tracker } from "../tracker/types/tracker.ts";
export { createRecorder } from "./create-recorder.ts";
export type { EnvironmentOptions, PackageRequirements } from "./environment/types.ts";
export type { RecreatedEnvironment, RecreateOptions } from "./recreate/types.ts";
export { recreateEnvironment } from "./recreate-environment.ts";
export type {
  Recorder,
  RecorderMode,
  RecorderOptions,
  RecorderSettings,
  Recording,
  RecordingIds,
  RecordingStatus,
  RecordingSummary,
} from "./types.ts";
