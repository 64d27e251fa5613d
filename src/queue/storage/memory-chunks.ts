import type { KeyCounts } from "../account/key-counts.ts";
import { roomOf } from "../chunk/file-body.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import { hold, letGo } from "./memory-upkeep.ts";
import type { MemoryChunk, MemoryTables } from "./memory-tables.ts";
import { type Tally, tally, tallyWaiting } from "./tally.ts";

/** Chunks above `after`, in order. */
export function readHeads(tables: MemoryTables, after: number, limit: number): readonly ChunkHeader[] {
  const { chunks } = tables;
  if (tables.orders.length > 2 * chunks.size + 64) tables.orders = tables.orders.filter((order) => chunks.has(order));
  const { orders } = tables;
  const found: ChunkHeader[] = [];
  for (let at = firstAbove(orders, after); at < orders.length && found.length < limit; at++) {
    const chunk = chunks.get(orders[at]!);
    if (chunk) found.push({ ...chunk });
  }
  return found;
}

/** Puts a chunk at its place, and counts it. */
export function insertChunk(tables: MemoryTables, chunk: MemoryChunk): void {
  const { chunks, orders, counts, discards } = tables;
  const { order, run, kind } = chunk;
  if (kind === "discard") discards.set(run, order);
  chunks.set(order, chunk);
  const at = firstAbove(orders, order);
  // The one before may be this very order, of a chunk that was replaced.
  if (orders[at - 1] !== order) orders.splice(at, 0, order);
  hold(tables, run);
  countWaiting(counts, chunk, 1);
}

/** Takes a chunk out of the order. */
export function removeChunk(tables: MemoryTables, chunk: MemoryChunk): void {
  const { chunks, counts, discards } = tables;
  const { order, run } = chunk;
  if (discards.get(run) === order) discards.delete(run);
  letGo(tables, run);
  chunks.delete(order);
  countWaiting(counts, chunk, -1);
}

/** Takes a chunk out of the order for what became of it, in the account of its run as well. Nothing happens without one. */
export function finishChunk(
  tables: MemoryTables,
  chunk: MemoryChunk | undefined,
  as: "delivered" | "quarantined" | "dropped",
  keys: KeyCounts | undefined,
): void {
  if (!chunk) return;
  tables.accounts.settle(chunk, keys, as === "delivered" ? "acknowledged" : as);
  removeChunk(tables, chunk);
  tally(tables.counts, chunk, as);
}

function countWaiting(counts: Tally, chunk: MemoryChunk, sign: 1 | -1): void {
  tallyWaiting(counts, { ...chunk, blobBytes: roomOf(chunk) }, sign);
}

/** Index of the first order above `after`. */
function firstAbove(orders: readonly number[], after: number): number {
  let low = 0;
  let high = orders.length;
  if (high > 0 && orders[high - 1]! <= after) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (orders[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
