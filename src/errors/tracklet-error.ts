/** Marks our errors across realms and across two copies of the library. */
const brand = Symbol.for("tracklet.error");

/** Base of every error that tracklet throws. */
export class TrackletError extends Error {
  override name = "TrackletError";

  static {
    // On the prototype: it would show in the console on every error.
    Object.defineProperty(TrackletError.prototype, brand, { value: true });
  }
}

/**
 * True for every error of tracklet, also of another realm or another copy of the library.
 *
 * @example
 * ```ts
 * import { createTracker, isTrackletError } from "tracklet";
 *
 * try {
 *   createTracker({ trackingUri: "databricks" });
 * } catch (error) {
 *   if (isTrackletError(error)) console.log(error.message);
 * }
 * ```
 */
export function isTrackletError(error: unknown): error is TrackletError {
  return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[brand] === true;
}
