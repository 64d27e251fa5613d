import type { ChunkKind, Requests } from "./request.ts";
import type { Appended, ChunkDraft } from "./stored-chunk.ts";
import type { DesiredRun } from "../run-mapping.ts";

/** The desired state after `later` was written over `earlier`. */
export function mergeDesired(earlier: DesiredRun | undefined, later: DesiredRun): DesiredRun {
  return { ...earlier, ...later, tags: { ...earlier?.tags, ...later.tags } };
}

/** What requests in their order write, by run; other kinds write nothing of which the last one counts. */
export function desiredBy(
  requests: Iterable<{ readonly run: string; readonly kind: ChunkKind; readonly request?: unknown }>,
): Map<string, DesiredRun> {
  const desired = new Map<string, DesiredRun>();
  for (const { run, kind, request } of requests) {
    let later: DesiredRun | undefined;
    if (kind === "tags") {
      later = { tags: Object.fromEntries((request as Requests["tags"]).map(([key, value]) => [key, value])) };
    } else if (kind === "untag") later = { tags: { [request as Requests["untag"]]: null } };
    else if (kind === "update") later = request as Requests["update"];
    if (later) desired.set(run, mergeDesired(desired.get(run), later));
  }
  return desired;
}

/**
 * The part of `desired` that is to be written. A put that is repeated, since it is not known whether it took place, would
 * write its state a second time, over what another process has put since.
 */
export function freshDesired(
  desired: ReadonlyMap<string, DesiredRun> | undefined,
  drafts: readonly ChunkDraft[],
  results: readonly Appended[],
): ReadonlyMap<string, DesiredRun> {
  const writes = ({ kind }: ChunkDraft): boolean => kind === "tags" || kind === "untag" || kind === "update";
  const before = new Set<string>();
  for (const [n, draft] of drafts.entries()) if (writes(draft) && !results[n]!.stored) before.add(draft.run);
  return new Map([...(desired ?? [])].filter(([run]) => !before.has(run)));
}
