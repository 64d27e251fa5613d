import type { CallOptions } from "../client/types/connection.ts";
import type { Tracker } from "./types/tracker.ts";

/** What trackers of this library can tell beside their interface. */
export interface KnowsRunTags {
  /** The tags that each run gets: where it comes from, and what the tracker's options add. */
  runTags(): Readonly<Record<string, string>>;
  /** The tags that a run has, by our id, also while no server has it. */
  tagsOf(localId: string, options?: CallOptions): Promise<Readonly<Record<string, string>>>;
}

/** The tags that each run of this tracker gets; none for a tracker that is not of this library. */
export function runTagsOf(tracker: Tracker & Partial<KnowsRunTags>): Readonly<Record<string, string>> {
  return tracker.runTags?.() ?? {};
}

/** The tags that a run has; of a tracker that is not of this library, as its server knows them. */
export async function tagsOf(
  tracker: Tracker & Partial<KnowsRunTags>,
  localId: string,
  options?: CallOptions,
): Promise<Readonly<Record<string, string>>> {
  return tracker.tagsOf?.(localId, options) ?? (await tracker.getRun(localId, options)).data.tags;
}
