import type { HttpError, NetworkError, NotFoundError, PermissionError, TimeoutError } from "./network-errors.ts";
import { isTrackletError, type TrackletError } from "./tracklet-error.ts";
import type { ConfigurationError, ValidationError } from "./usage-errors.ts";

// By name and facts, not by instanceof: they hold for errors of another realm or another copy of the library too.

function named(error: unknown, ...names: readonly string[]): error is TrackletError {
  return isTrackletError(error) && names.includes(error.name);
}

/**
 * True when no usable answer came: unreachable, cut, timed out, refused by the browser, or not the promised JSON.
 *
 * @example
 * ```ts
 * import { createClient } from "tracklet/client";
 * import { isNetworkError } from "tracklet";
 *
 * try {
 *   await createClient({ trackingUri: "http://localhost:5000" }).server.version();
 * } catch (error) {
 *   if (isNetworkError(error)) console.log("later");
 * }
 * ```
 */
export function isNetworkError(error: unknown): error is NetworkError {
  return named(error, "NetworkError", "TimeoutError", "UnexpectedReplyError");
}

/** True when no answer came in time. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return named(error, "TimeoutError");
}

/** True when the server answered and refused: `error.status` and `error.errorCode` say how. */
export function isHttpError(error: unknown): error is HttpError {
  return isTrackletError(error) && "status" in error && typeof error.status === "number";
}

/** True for a 404: no such experiment, run, artifact or route. */
export function isNotFoundError(error: unknown): error is NotFoundError {
  return named(error, "NotFoundError");
}

/** True when the server, or the browser for it, refused where a request comes from (Host, Origin). */
export function isOriginRefused(error: unknown): error is NetworkError | PermissionError {
  return isTrackletError(error) && "originRefused" in error && error.originRefused === true;
}

/** True when a value is one that MLflow would refuse or lose. */
export function isValidationError(error: unknown): error is ValidationError {
  return named(error, "ValidationError");
}

/** True when options or environment cannot work. */
export function isConfigurationError(error: unknown): error is ConfigurationError {
  return named(error, "ConfigurationError");
}
