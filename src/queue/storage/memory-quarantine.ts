import type { KeyCounts } from "../account/key-counts.ts";
import type { QuarantinedChunk, QuarantinedHeader } from "../chunk/stored-chunk.ts";
import { finishChunk, insertChunk } from "./memory-chunks.ts";
import type { MemoryChunk, MemoryTables } from "./memory-tables.ts";
import { hold, letGo } from "./memory-upkeep.ts";
import { tally } from "./tally.ts";

/** Sets a chunk aside with its body. */
export function quarantineChunk(
  tables: MemoryTables,
  chunk: MemoryChunk,
  reason: string,
  keys: KeyCounts | undefined,
): void {
  hold(tables, chunk.run);
  finishChunk(tables, chunk, "quarantined", keys);
  tables.quarantined.set(chunk.order, { ...chunk, reason });
}

/** Quarantined chunks above `after`, in order. */
export function readQuarantined(
  { quarantined }: MemoryTables,
  after: number,
  limit: number,
): readonly QuarantinedHeader[] {
  const found = [...quarantined.values()].filter(({ order }) => order > after);
  return found
    .sort((a, b) => a.order - b.order)
    .slice(0, limit)
    .map(({ body: _, blob: __, ...header }) => header);
}

/** Puts a quarantined chunk back at the end of the order, and gives its new place; undefined when it is not there. */
export function releaseChunk(tables: MemoryTables, order: number, keys: KeyCounts | undefined): number | undefined {
  const found = aside(tables, order);
  if (!found) return undefined;
  const { reason: _, ...chunk } = found;
  const { counts } = tables;
  tables.accounts.settle(chunk, keys, undefined, "quarantined");
  insertChunk(tables, { ...chunk, order: ++counts.order, span: 1, sequence: 0 });
  letGo(tables, chunk.run);
  return counts.order;
}

/** Forgets a quarantined chunk; false when it is not there. */
export function discardChunk(tables: MemoryTables, order: number, keys: KeyCounts | undefined): boolean {
  const found = aside(tables, order);
  if (!found) return false;
  tally(tables.counts, found, "dropped");
  tables.accounts.settle(found, keys, "dropped", "quarantined");
  letGo(tables, found.run);
  return true;
}

/** Takes a chunk out of quarantine; undefined when it is not there. */
function aside({ quarantined, counts }: MemoryTables, order: number): QuarantinedChunk | undefined {
  const found = quarantined.get(order);
  if (found) tally(counts, found, "quarantined", -1);
  quarantined.delete(order);
  return found;
}
