import { TrackletError } from "./tracklet-error.ts";

/** What `run.signal` aborts with when somebody asked the run to stop. */
export class StopRequestedError extends TrackletError {
  override name = "StopRequestedError";
  /** Who asked, as they said. */
  readonly by: string | undefined;
  /** Why, as they said. */
  readonly reason: string | undefined;
  constructor(message: string, request: { readonly by?: string | undefined; readonly reason?: string | undefined }) {
    super(message);
    this.by = request.by;
    this.reason = request.reason;
  }
}
