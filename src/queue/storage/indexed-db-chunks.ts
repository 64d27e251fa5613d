import type { LeaseState } from "../lead/lease.ts";
import type { ChunkHeader, StoredChunk } from "../chunk/stored-chunk.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { put, remove } from "./indexed-db-requests.ts";
import type { BodyRecord, ChunkRecord, LastWriter } from "./indexed-db-schema.ts";
import { type Tally, tallyWaiting } from "./tally.ts";

/** One transaction that changes chunks and counters. */
export interface Change {
  readonly transaction: Writing;
  term: number;
  lease: LeaseState;
  readonly counts: Tally;
  writer?: LastWriter | undefined;
}

/** Puts a chunk at its place, and counts it. */
export function insertChunk({ transaction, counts }: Change, header: ChunkHeader, content: BodyRecord): void {
  const { body, blob } = content;
  const chunk = { ...header, blobBytes: blob?.size ?? 0 };
  put(transaction, "chunks", chunk);
  put(transaction, "bodies", blob ? { body, blob } : { body }, header.order);
  tallyWaiting(counts, chunk, 1);
}

/** Takes a chunk out of the order; its body stays unless it is gone for good. */
export function removeChunk({ transaction, counts }: Change, chunk: ChunkRecord, body: "gone" | "kept" = "gone"): void {
  remove(transaction, "chunks", chunk.order);
  if (body === "gone") remove(transaction, "bodies", chunk.order);
  tallyWaiting(counts, chunk, -1);
}

/** A chunk with its body. */
export async function wholeChunk(transaction: Reading | Writing, record: ChunkRecord): Promise<StoredChunk> {
  // Without a body it is as good as damaged, and goes that way.
  const content = (await transaction.objectStore("bodies").get(record.order)) ?? { body: new Uint8Array(0) };
  return { ...plainHeader(record), ...content };
}

/** What everybody knows of a chunk. */
export function plainHeader({ blobBytes: _, ...header }: ChunkRecord): ChunkHeader {
  return header;
}
