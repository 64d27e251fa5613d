import type { KeyCounts } from "../account/key-counts.ts";
import type { LeaseState } from "../lead/lease.ts";
import type { ChunkHeader, SealedChunk, StoredChunk } from "../chunk/stored-chunk.ts";
import { settleAccount } from "./indexed-db-accounts.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { discardOf } from "./indexed-db-discards.ts";
import { put, remove } from "./indexed-db-requests.ts";
import type { BodyRecord, ChunkRecord, LastWriter } from "./indexed-db-schema.ts";
import { checkTerm, tally, type Tally, tallyWaiting } from "./tally.ts";

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

/** Deletes a chunk as delivered or dropped, in the account of its run as well. */
export async function finishChunk(
  change: Change,
  chunk: ChunkRecord,
  as: "delivered" | "dropped",
  keys: KeyCounts | undefined,
): Promise<void> {
  removeChunk(change, chunk);
  tally(change.counts, chunk, as);
  await settleAccount(change.transaction, chunk, keys, as === "delivered" ? "acknowledged" : as);
}

/** Chunks above `after`, in order. */
export async function readHeads(transaction: Reading, after: number, limit: number): Promise<readonly ChunkHeader[]> {
  const range = IDBKeyRange.lowerBound(after, true);
  return (await transaction.objectStore("chunks").getAll(range, limit)).map(plainHeader);
}

/** The chunk at a place with its body. */
export async function readChunk(transaction: Reading, order: number): Promise<StoredChunk | undefined> {
  const chunk = await transaction.objectStore("chunks").get(order);
  return chunk && wholeChunk(transaction, chunk);
}

/** A chunk that is sealed already, for the leader; undefined when it is not, or gone. */
export async function readSealed(transaction: Reading, order: number, term: number): Promise<SealedChunk | undefined> {
  checkTerm((await transaction.objectStore("state").get("state"))?.term ?? 0, term);
  const chunk = await transaction.objectStore("chunks").get(order);
  return chunk?.sealed ? sealedChunk(transaction, chunk) : undefined;
}

/** Seals a chunk against further puts, and gives it whole. */
export function sealChunk({ transaction }: Change, chunk: ChunkRecord): Promise<SealedChunk> {
  const sealed = { ...chunk, sealed: true };
  put(transaction, "chunks", sealed);
  return sealedChunk(transaction, sealed);
}

async function sealedChunk(transaction: Reading | Writing, chunk: ChunkRecord): Promise<SealedChunk> {
  return { ...(await wholeChunk(transaction, chunk)), ...(await discardOf(transaction, chunk)) };
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
