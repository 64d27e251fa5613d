import { HttpError, NetworkError } from "../errors/network-errors.ts";
import type { Random } from "../runtime/ports/random.ts";
import type { RetryOptions } from "./types/connection.ts";

/** Error codes that MLflow sends with status 500 and that another try cannot change. */
const permanent = new Set(["INVALID_STATE", "FEATURE_DISABLED"]);
const passing = new Set([408, 429, 500, 502, 503, 504]);

/** Decides whether a failed try is worth another one, and when. */
export class RetryPolicy {
  readonly #limit: number;
  readonly #base: number;
  readonly #cap: number;
  readonly #random: Random;

  constructor(options: RetryOptions | undefined, random: Random) {
    this.#limit = options?.limit ?? 4;
    this.#base = options?.base ?? 500;
    this.#cap = options?.cap ?? 30_000;
    this.#random = random;
  }

  /**
   * @param error What the try ended with.
   * @param tries Retries made so far.
   * @param idempotent True when sending the request twice changes nothing more than sending it once.
   * @returns Milliseconds to wait before the next try; undefined when there is to be none.
   */
  delay(error: unknown, tries: number, idempotent: boolean): number | undefined {
    if (tries >= this.#limit || !worthwhile(error, idempotent)) return undefined;
    const pause = this.#random.fraction() * Math.min(this.#cap, this.#base * 2 ** tries);
    const asked = error instanceof HttpError ? error.retryAfter : undefined;
    // One of 0, or a date that is over for this clock, is no reason to hammer.
    return asked ? Math.min(asked, this.#cap) : pause;
  }
}

function worthwhile(error: unknown, idempotent: boolean): boolean {
  if (error instanceof NetworkError) return idempotent && !error.originRefused;
  if (!(error instanceof HttpError)) return false;
  // 429 is said before anything is done; after all others the request may have been carried out.
  if (!idempotent) return error.status === 429;
  return passing.has(error.status) && !permanent.has(error.errorCode ?? "");
}

/**
 * Reads a `Retry-After` header: seconds or an HTTP date.
 *
 * @returns Milliseconds, never negative; undefined when absent or not readable.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // A date has letters: `-1` and the like would be taken for a year.
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
