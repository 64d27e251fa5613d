import { HttpError, NetworkError, PermissionError, TimeoutError } from "../errors/network-errors.ts";
import { clampRetryAfter } from "./backoff.ts";
import type { ChunkKind } from "./request.ts";

/** What an answer to a chunk's request, or its absence, means for the chunk, its run and the host. */
export type Outcome =
  /** Try again, unchanged; `host`: all other runs wait as well, but for one probe; `after` is the server's wish in ms. */
  | { readonly action: "retry"; readonly host: boolean; readonly ambiguous: boolean; readonly after?: number | undefined }
  /** The host refuses everybody: keep all and say so. */
  | { readonly action: "pause" }
  /** The run cannot be written: only it waits. */
  | { readonly action: "park" }
  /** The server never takes this body: send parts of it, at last the single item that is refused. */
  | { readonly action: "split"; readonly tooLarge: boolean }
  /** What the chunk asks for is so already. */
  | { readonly action: "satisfied" }
  /** Ask `runs/get` whether the run, or the chunk, is what the server refuses. */
  | { readonly action: "inspect" };

/** The run of a chunk cannot be written now, whatever the request. */
export class ParkError extends Error {
  override name = "ParkError";
}

/**
 * Classifies what came of a request. A status is a hint, not a verdict: a 400 may stem from a cut body or from two
 * equal requests at once, so it counts only when it stays.
 *
 * @param refusals How often this very chunk was answered 400 before.
 */
export function classify(error: unknown, kind: ChunkKind, refusals: number): Outcome {
  if (error instanceof ParkError) return { action: "park" };
  if (error instanceof NetworkError) {
    // A body that takes the server too long says nothing about other bodies.
    if (error.originRefused) return { action: "pause" };
    return { action: "retry", host: !(error instanceof TimeoutError), ambiguous: true };
  }
  if (error instanceof DOMException) return { action: "retry", host: false, ambiguous: true };
  if (!(error instanceof HttpError)) return { action: "split", tooLarge: false };
  const { status, errorCode } = error;
  const after = clampRetryAfter(error.retryAfter);
  if (status === 401) return { action: "pause" };
  if (status === 403) {
    const ofRun = errorCode !== undefined && !(error instanceof PermissionError && error.originRefused);
    return { action: ofRun ? "park" : "pause" };
  }
  if (status === 413) return { action: "split", tooLarge: true };
  if (status === 429) return { action: "retry", host: true, ambiguous: false, after };
  if (status === 408 || status >= 500) {
    const gateway = status > 501 && status !== 500;
    return { action: "retry", host: gateway, ambiguous: true, after };
  }
  if (status === 404 && kind === "untag") return { action: refusals > 0 ? "satisfied" : "inspect" };
  // Anything else refuses the request itself, or hides that its run is gone.
  return refusals < 2 && status === 400 ? { action: "retry", host: false, ambiguous: false, after } : { action: "inspect" };
}
