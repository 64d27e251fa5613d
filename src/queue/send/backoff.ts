const BASE = 1_000;
const CAP = 300_000;
const RETRY_AFTER_CAP = 3_600_000;

/** Milliseconds until the next try after `failures` failed ones: full jitter over 1 s, doubled up to 5 min. */
export function backoff(failures: number, fraction: number): number {
  return fraction * Math.min(CAP, BASE * 2 ** Math.min(failures - 1, 20));
}

/** A server's Retry-After in milliseconds, within an hour; undefined when there is none that can be used. */
export function clampRetryAfter(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_CAP);
}
