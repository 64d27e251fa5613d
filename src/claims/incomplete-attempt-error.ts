import { TrackletError } from "../errors/tracklet-error.ts";

/**
 * The attempt can never be whole: something of it was dropped, or the server refuses it for good. Nothing is committed;
 * readers take what is committed for whole.
 */
export class IncompleteAttemptError extends TrackletError {
  override name = "IncompleteAttemptError";
}
