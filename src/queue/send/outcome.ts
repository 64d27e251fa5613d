import {
  HttpError,
  NetworkError,
  PermissionError,
  TimeoutError,
  UnexpectedReplyError,
} from "../../errors/network-errors.ts";
import { ConfigurationError, CredentialsError, ValidationError } from "../../errors/usage-errors.ts";
import { NO_ENDPOINT } from "../../client/reply-error.ts";
import { clampRetryAfter } from "./backoff.ts";
import { ChunkDamagedError } from "../chunk/chunk-codec.ts";
import type { ChunkKind } from "../chunk/request.ts";

/** What an answer to a chunk's request, or its absence, means for the chunk, its run and the host. */
export type Outcome =
  /** Try again, unchanged. `host`: all other runs wait as well, but for one probe. `after`: the server's wish, in ms. */
  | {
      readonly action: "retry";
      readonly host: boolean;
      /** The server may have acted. */
      readonly ambiguous: boolean;
      readonly refused: boolean;
      readonly after?: number | undefined;
    }
  /** The host refuses everybody: keep all, say so, try again seldom. */
  | { readonly action: "pause" }
  /** Refused in plain text, be it this body, its run, or everybody: find out by `whatIsDenied`. */
  | { readonly action: "deny" }
  /** The run cannot be written: only it waits. */
  | { readonly action: "park" }
  /** The server never takes this body: send it in parts, at last without the one item that it refuses. */
  | { readonly action: "split" }
  /** What the chunk asks for is so already. */
  | { readonly action: "satisfied" }
  /** Find out by `runs/get` whether it is the run or the chunk that the server refuses. */
  | { readonly action: "inspect" };

/** The run of a chunk cannot be written now, whatever the request. */
export class ParkError extends Error {
  override name = "ParkError";
}

/**
 * Times that a refusal must come back before it counts: the first also stems from a cut body, from two equal requests at
 * once, or from a proxy.
 */
export const CONFIRMATIONS = 3;

/**
 * Classifies what came of a request. A status is a hint, not a verdict.
 *
 * @param refusals How often this chunk was refused so before.
 */
export function classify(error: unknown, kind: ChunkKind, refusals: number): Outcome {
  if (error instanceof ParkError) return { action: "park" };
  if (error instanceof NetworkError) {
    if (error.originRefused) return { action: "pause" };
    // A body that takes the server too long, or a file that is short when listed, says nothing about other requests.
    const own = error instanceof TimeoutError || (kind === "artifact" && error instanceof UnexpectedReplyError);
    return retry(!own, true);
  }
  if (error instanceof DOMException) return retry(false, true);
  // Nobody has credentials now: what gives them failed.
  if (error instanceof CredentialsError) return { action: "pause" };
  if (isRefusedHere(error)) return { action: "split" };
  // Of all else, such as a module that could not be loaded, the chunk is not known to be the cause.
  if (!(error instanceof HttpError)) return retry(false, true);
  const { status, errorCode } = error;
  const after = clampRetryAfter(error.retryAfter);
  if (status === 401) return { action: "pause" };
  if (status === 403) {
    if (error instanceof PermissionError && error.originRefused) return { action: "pause" };
    return { action: errorCode !== undefined ? "park" : "deny" };
  }
  // No MLflow at this address: its own 404 has an error code, except that of an artifact. One that names the path is of
  // one of another path, or of an older release, which has at least what makes runs, reads them and ends them.
  const strange = errorCode === NO_ENDPOINT ? kind === "create" || kind === "update" : errorCode === undefined;
  if ((status === 404 || status === 405) && strange && kind !== "artifact") return { action: "pause" };
  if (status === 413) return { action: "split" };
  if (status === 429) return { ...retry(true, false), after };
  if (status === 408 || status >= 500) return { ...retry(status > 501, true), after };
  // That there is no such run is looked into. All else may be the word of a proxy, or of a moment, as a conflict is.
  return status === 404 && errorCode !== undefined ? { action: "inspect" } : confirm(refusals);
}

/** True for what our own side never sends: damaged bytes, a value that MLflow has no form for, files that it does not serve. */
function isRefusedHere(error: unknown): boolean {
  return [ChunkDamagedError, ValidationError, ConfigurationError].some((kind) => error instanceof kind);
}

/** True for what may go better at another time; `refusals` as in `classify`. */
export function passes(error: unknown, refusals = 0): boolean {
  return ["retry", "pause", "deny"].includes(classify(error, "update", refusals).action);
}

/** What the refusal of a body means that was refused so often before. */
export function confirm(refusals: number): Outcome {
  return refusals + 1 < CONFIRMATIONS ? { ...retry(false, false), refused: true } : { action: "inspect" };
}

function retry(host: boolean, ambiguous: boolean): Outcome & { action: "retry" } {
  return { action: "retry", host, ambiguous, refused: false };
}
