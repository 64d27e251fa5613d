/** Marks our errors across realms and across two copies of the library. */
const brand: unique symbol = Symbol.for("tracklet.error") as never;

/** Base of every error that tracklet throws. */
export class TrackletError extends Error {
  override name = "TrackletError";
  /** @internal */
  readonly [brand] = true;
}

/** True for every error of tracklet, also of another realm or another copy of the library. */
export function isTrackletError(error: unknown): error is TrackletError {
  return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[brand] === true;
}
