import { NetworkError, NotFoundError, TimeoutError, UnexpectedReplyError } from "../errors/network-errors.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { RecorderOptions } from "./types.ts";

/** Says of a recording that was not found, with the cure, where it was looked for; any other error is given back. */
export function whyNotAttached(
  error: unknown,
  { queue }: Tracker,
  { name, project }: RecorderOptions,
  recordingId: string | undefined,
): unknown {
  const where = project === undefined ? "" : ` of the project ${JSON.stringify(project)}`;
  const which =
    recordingId === undefined
      ? `the recording ${JSON.stringify(name)}${where}`
      : `the recording with the id "${recordingId}"`;
  const isOffline = queue.status().host === "paused";
  if (error instanceof NotFoundError) {
    const why =
      recordingId === undefined ? "is no active one of that name: start() begins it" : "is none: check the id";
    return new NotFoundError(`Cannot attach to ${which} as there ${why}`, error, { cause: error });
  }
  if (!(error instanceof NetworkError) || error instanceof UnexpectedReplyError) return error;
  const Kind = error instanceof TimeoutError ? TimeoutError : NetworkError;
  const say = (message: string): NetworkError =>
    new Kind(`Cannot attach to ${which} as ${message}`, error.request, {
      cause: error,
      originRefused: error.originRefused,
    });
  if (recordingId === undefined) {
    return say(
      `none waits here whole, and the server does not answer (${error.message}): one of which a part was sent goes on OFFLINE by its id`,
    );
  }
  return isOffline
    ? say(
        `nothing of it waits here, and the server does not answer (${error.message}): check the id, and the folder or page that it was made in`,
      )
    : say(`the server does not answer (${error.message}): with mode "OFFLINE" it goes on with what of it waits here`);
}
