import type { DesiredRun } from "./storage.ts";

/** The desired state after `later` was written over `earlier`. */
export function mergeDesired(earlier: DesiredRun | undefined, later: DesiredRun): DesiredRun {
  return { ...earlier, ...later, tags: { ...earlier?.tags, ...later.tags } };
}
