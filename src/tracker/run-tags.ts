import type { Tracker } from "./types/tracker.ts";

const tags = new WeakMap<Tracker, () => Readonly<Record<string, string>>>();

/** Remembers which tags each run of a tracker gets: where it comes from, and what the tracker's options add. */
export function keepRunTags(tracker: Tracker, gather: () => Readonly<Record<string, string>>): void {
  tags.set(tracker, gather);
}

/** The tags that each run of this tracker gets; none for a tracker that is not of this library. */
export function runTagsOf(tracker: Tracker): Readonly<Record<string, string>> {
  return tags.get(tracker)?.() ?? {};
}
