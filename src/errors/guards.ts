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
 * import { isNetworkError, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.setExperiment("digits");
 * } catch (error) {
 *   if (isNetworkError(error)) console.log("no answer now", error.request.url);
 * }
 * ```
 */
export function isNetworkError(error: unknown): error is NetworkError {
  return named(error, "NetworkError", "TimeoutError", "UnexpectedReplyError");
}

/**
 * True when no answer came in time.
 *
 * @example
 * ```ts
 * import { isTimeoutError, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.getRun("0123456789abcdef0123456789abcdef");
 * } catch (error) {
 *   if (isTimeoutError(error)) console.log("no answer in time", error.request.url);
 * }
 * ```
 */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return named(error, "TimeoutError");
}

/**
 * True when the server answered and refused: `error.status` and `error.errorCode` say how.
 *
 * @example
 * ```ts
 * import { isHttpError, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.getRun("0123456789abcdef0123456789abcdef");
 * } catch (error) {
 *   if (isHttpError(error)) console.log(error.status, error.errorCode, error.serverMessage);
 * }
 * ```
 */
export function isHttpError(error: unknown): error is HttpError {
  return isTrackletError(error) && "status" in error && typeof error.status === "number";
}

/**
 * True for a 404: no such experiment, run, artifact or route.
 *
 * @example
 * ```ts
 * import { isNotFoundError, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.getRun("0123456789abcdef0123456789abcdef");
 * } catch (error) {
 *   if (isNotFoundError(error)) console.log("there is no such run");
 * }
 * ```
 */
export function isNotFoundError(error: unknown): error is NotFoundError {
  return named(error, "NotFoundError");
}

/**
 * True when the server, or the browser for it, refused where a request comes from (Host, Origin).
 *
 * @example
 * ```ts
 * import { isOriginRefused, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.getRun("0123456789abcdef0123456789abcdef");
 * } catch (error) {
 *   if (isOriginRefused(error)) console.log("allow this page on the server", error.message);
 * }
 * ```
 */
export function isOriginRefused(error: unknown): error is NetworkError | PermissionError {
  return isTrackletError(error) && "originRefused" in error && error.originRefused === true;
}

/**
 * True when a value is one that MLflow would refuse or lose.
 *
 * @example
 * ```ts
 * import { isValidationError, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.getRun("0123456789abcdef0123456789abcdef");
 * } catch (error) {
 *   if (isValidationError(error)) console.log("log it under another key than", error.key);
 * }
 * ```
 */
export function isValidationError(error: unknown): error is ValidationError {
  return named(error, "ValidationError");
}

/**
 * True when options or environment cannot work.
 *
 * @example
 * ```ts
 * import { isConfigurationError, type Tracker } from "tracklet";
 *
 * declare const tracker: Tracker;
 * try {
 *   await tracker.getRun("0123456789abcdef0123456789abcdef");
 * } catch (error) {
 *   if (isConfigurationError(error)) console.log(error.message);
 * }
 * ```
 */
export function isConfigurationError(error: unknown): error is ConfigurationError {
  return named(error, "ConfigurationError", "CredentialsError");
}
