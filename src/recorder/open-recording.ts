import type { CallOptions } from "../client/types/connection.ts";
import { errorText } from "../tracker/error-text.ts";
import { tagsOf } from "../tracker/run-tags.ts";
import type { Run } from "../tracker/types/run.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { ENVIRONMENT_TAG } from "./environment/types.ts";
import { findPlaceholder, makePlaceholder } from "./placeholder.ts";
import { RegisteredRecording } from "./recording.ts";
import type { RecorderOptions, Recording } from "./types.ts";
import { whyNotAttached } from "./why-not-attached.ts";

/** A run that is recorded, with what goes on beside it. */
export interface OpenRecording {
  /** Waits for the ids that the storage must keep. */
  readonly recording: Promise<Recording>;
  /** What is being found out about the environment: the recording waits for it in the end. */
  readonly environment: Promise<void> | undefined;
}

/** Starts the run of a recording. */
export function startRecordedRun(tracker: Tracker, options: RecorderOptions): Run {
  const { name, project, notes, hyperParameters } = options;
  return tracker.startRun({
    name,
    ...(project !== undefined && { experiment: project }),
    ...(notes !== undefined && { description: notes }),
    ...(hyperParameters !== undefined && { params: hyperParameters }),
  });
}

/** Finds the run of a recording by its id, or by name and project. */
export async function resumeRecordedRun(
  tracker: Tracker,
  options: RecorderOptions,
  recordingId: string | undefined,
  limits?: CallOptions,
): Promise<Run> {
  const { name, project } = options;
  try {
    const which = recordingId ?? { name, ...(project !== undefined && { experiment: project }) };
    return await tracker.resumeRun(which, limits);
  } catch (error) {
    throw whyNotAttached(error, tracker, options, recordingId);
  }
}

/** Says what is recorded in a run that has just begun. */
export function beginRecording(
  tracker: Tracker,
  run: Run,
  options: RecorderOptions,
  limits?: CallOptions,
): OpenRecording {
  describe(run, options);
  const environment = capture(tracker, run, options);
  const placeholder = makePlaceholder(run, options, limits);
  return { recording: placeholder.then((made) => new RegisteredRecording(tracker, run, made)), environment };
}

/** Says it of one that goes on, and makes what the process that began did not come to. */
export async function continueRecording(
  tracker: Tracker,
  run: Run,
  options: RecorderOptions,
  limits?: CallOptions,
): Promise<OpenRecording> {
  const { notes, hyperParameters } = options;
  if (notes !== undefined) run.setDescription(notes);
  if (hyperParameters !== undefined) run.logParams(hyperParameters);
  describe(run, options);
  const tags = await tagsOf(tracker, run.localId, limits);
  const environment = tags[ENVIRONMENT_TAG] === undefined ? capture(tracker, run, options) : undefined;
  const found = findPlaceholder(tracker, run.localId, tags);
  const placeholder = found === undefined ? makePlaceholder(run, options, limits) : Promise.resolve(found);
  return { recording: placeholder.then((one) => new RegisteredRecording(tracker, run, one)), environment };
}

/** What belongs to a recording and is no part of starting a run. */
function describe(run: Run, { dataset, modelClass, metadata }: RecorderOptions): void {
  if (dataset !== undefined) run.logInput(typeof dataset === "string" ? { name: dataset } : dataset);
  if (modelClass !== undefined) run.setTag("mlflow.tracklet.modelClass", modelClass);
  if (metadata !== undefined) run.setTags(metadata);
}

/** Goes on beside the recording. */
function capture(tracker: Tracker, run: Run, { environment = {} }: RecorderOptions): Promise<void> | undefined {
  if (environment === false) return undefined;
  return (
    import("./environment/record-environment.ts")
      .then(({ recordEnvironment }) => recordEnvironment(tracker, run, environment))
      // A page without a network may not get the code.
      .catch((error: unknown) => run.setTag(`${ENVIRONMENT_TAG}.error`, errorText(error)))
  );
}
