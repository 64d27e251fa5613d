import { TrackletError } from "../errors/tracklet-error.ts";

/** The claim is not ours any more: its lease could not be kept, or another generation has committed. */
export class ClaimLostError extends TrackletError {
  override name = "ClaimLostError";
  /** The generation that was lost. */
  readonly generation: number;
  constructor(message: string, generation: number, options?: ErrorOptions) {
    super(message, options);
    this.generation = generation;
  }
}
