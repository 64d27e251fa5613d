const BASE = 1_000;
const CAP = 300_000;
const RETRY_AFTER_CAP = 3_600_000;

/** Milliseconds until the next try after `failures` failed ones: full jitter over 1 s, doubled up to 5 min. */
export function backoff(failures: number, fraction: number): number {
  return fraction * Math.min(CAP, BASE * 2 ** Math.min(failures - 1, 20));
}

/**
 * A server's Retry-After in milliseconds, from a second, its unit, to an hour; undefined when there is none that can be used,
 * such as a time that is over for this clock: then pauses grow as they do without one.
 */
export function clampRetryAfter(ms: number | undefined): number | undefined {
  return ms !== undefined && ms > 0 ? Math.min(Math.max(ms, BASE), RETRY_AFTER_CAP) : undefined;
}
