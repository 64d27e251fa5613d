const DAY = 86_400_000;

/** How long, and for how many runs, mappings and desired state are kept after the last put. */
export const KEEP_RUNS_MS: number = 30 * DAY;
export const KEEP_RUNS = 10_000;

/** The time of a run's last put is kept with this error, so that not every put has to write it. */
const SLACK = DAY;

/** True when the time that is kept of a run is too old to stand. */
export function isOutdated(kept: number, at: number): boolean {
  return Math.abs(at - kept) > SLACK;
}

/**
 * Runs that were last put to before this may be forgotten: older than the limit, and older than the oldest chunk that
 * waits, as a chunk needs the mapping of its run.
 */
export function forgetBefore(limit: number, oldestWaiting: number | undefined): number {
  return Math.min(limit, oldestWaiting ?? limit) - SLACK;
}
