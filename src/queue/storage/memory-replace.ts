import type { KeyCounts } from "../account/key-counts.ts";
import type { ChildDraft, ChunkHeader } from "../chunk/stored-chunk.ts";
import { finishChunk, insertChunk } from "./memory-chunks.ts";
import type { MemoryChunk, MemoryTables } from "./memory-tables.ts";
import { isChild, tally } from "./tally.ts";

/** Puts children in the place of a chunk, and counts what they lack. */
export function replaceChunk(
  tables: MemoryTables,
  parent: MemoryChunk,
  children: readonly ChildDraft[],
  rest: "delivered" | "dropped",
  keys: KeyCounts | undefined,
): readonly ChunkHeader[] {
  const { order } = parent;
  if (isChild(parent, children[0])) {
    // It took place before, and only its answer was lost: nothing may be counted twice.
    const found = children.flatMap((_, n) => tables.chunks.get(order + n * parent.span) ?? []);
    return found.map((chunk) => ({ ...chunk }));
  }
  finishChunk(tables, parent, rest, keys);
  const span = parent.span / children.length;
  return children.map((child, n) => {
    const { blob: _, ...kept } = parent;
    const place = { order: order + n * span, span, sequence: 0 };
    const chunk = { ...kept, ...child, ...place, bytes: child.body.length, sealed: true, attempted: 0 };
    insertChunk(tables, chunk);
    tally(tables.counts, chunk, rest, -1);
    return { ...chunk };
  });
}
