import type { ChildDraft, ChunkHeader } from "../chunk/stored-chunk.ts";
import { StaleTermError, type StorageCounts } from "../storage.ts";
import type { Amount } from "../types.ts";

/** Where a chunk counts. */
export type Count = "waiting" | "delivered" | "quarantined" | "dropped";

/** Counts that can be changed. */
export type Tally = {
  -readonly [K in keyof StorageCounts]: StorageCounts[K] extends Amount ? { points: number; requests: number } : number;
};

/** What counting needs to know of a chunk. */
export type Counted = Pick<ChunkHeader, "kind" | "count">;

/** All zero. */
export function newTally(): Tally {
  const none = (): { points: number; requests: number } => ({ points: 0, requests: 0 });
  return { waiting: none(), delivered: none(), quarantined: none(), dropped: none(), bytes: 0, blobBytes: 0, order: 0 };
}

/** Counts a chunk in or, with a `sign` of -1, out. */
export function tally(counts: Tally, chunk: Counted, as: Count, sign: 1 | -1 = 1): void {
  counts[as][chunk.kind === "metrics" ? "points" : "requests"] += sign * chunk.count;
}

/** Counts a chunk that comes into the order, or leaves it, with its bytes. */
export function tallyWaiting(
  counts: Tally,
  chunk: Counted & { readonly bytes: number; readonly blobBytes: number },
  sign: 1 | -1,
): void {
  tally(counts, chunk, "waiting", sign);
  counts.bytes += sign * chunk.bytes;
  counts.blobBytes += sign * chunk.blobBytes;
}

/** A leader of an earlier term changes nothing. */
export function checkTerm(current: number, term: number): void {
  if (term !== current) throw new StaleTermError("Cannot change a chunk as another leader took over");
}

/** True when a chunk is the first of these children already: it was replaced before. */
export function isChild(chunk: Counted & { readonly body: Uint8Array }, child: ChildDraft | undefined): boolean {
  const { body, count } = chunk;
  return (
    child?.count === count && child.body.length === body.length && child.body.every((byte, at) => byte === body[at])
  );
}
