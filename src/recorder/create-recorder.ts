import { ExperimentRecorder } from "./experiment-recorder.ts";
import { checkRecorderOptions } from "./recorder-options.ts";
import type { Recorder, RecorderOptions } from "./types.ts";

/**
 * Makes a recorder for one recording. Opens nothing yet: `register()`, `start()` or `attach()` do.
 *
 * @throws ConfigurationError for options that cannot work; the message says what to do.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 * import { createRecorder } from "tracklet/recorder";
 *
 * await using recorder = createRecorder({
 *   tracker: openTracker,
 *   name: "penguins 1",
 *   project: "field study",
 *   notes: "Sunny, **no wind**",
 *   hyperParameters: { lr: 0.1 },
 * });
 * recorder.attachAlertOn({ metric: "loss", operator: ">", value: 2, text: "diverges", onAlert: console.log });
 * const { recordingId } = await recorder.start();
 * for (let epoch = 0; epoch < 3; epoch++) recorder.addRecord({ loss: 1 / (epoch + 1) });
 * recorder.summary({ trainingLoss: 0.33, epochs: 3 });
 * await recorder.stop();
 * console.log(recordingId);
 * ```
 */
export function createRecorder(options: RecorderOptions): Recorder {
  checkRecorderOptions(options);
  return new ExperimentRecorder(options);
}
