import type { KeyCounts } from "../account/key-counts.ts";
import type { ChildDraft, ChunkHeader } from "../chunk/stored-chunk.ts";
import { type Change, finishChunk, insertChunk, plainHeader, wholeChunk } from "./indexed-db-chunks.ts";
import type { ChunkRecord } from "./indexed-db-schema.ts";
import { isChild, tally } from "./tally.ts";

/** Puts children in the place of a chunk, and counts what they lack. */
export async function replaceChunk(
  change: Change,
  parent: ChunkRecord,
  children: readonly ChildDraft[],
  rest: "delivered" | "dropped",
  keys: KeyCounts | undefined,
): Promise<readonly ChunkHeader[]> {
  const { transaction, counts } = change;
  const { order } = parent;
  const chunks = transaction.objectStore("chunks");
  const same = children[0]?.count === parent.count && (await wholeChunk(transaction, parent));
  if (same && isChild(same, children[0])) {
    // It took place before, and only its answer was lost: nothing may be counted twice.
    const places = children.map((_, n) => order + n * parent.span);
    const found = await Promise.all(places.map((place) => chunks.get(place)));
    return found.flatMap((chunk) => (chunk ? [plainHeader(chunk)] : []));
  }
  await finishChunk(change, parent, rest, keys);
  const span = parent.span / children.length;
  return children.map(({ body, blob, ...child }, n) => {
    const place = { order: order + n * span, span, sequence: 0 };
    const header = { ...plainHeader(parent), ...child, ...place, bytes: body.length, sealed: true, attempted: 0 };
    insertChunk(change, header, blob ? { body, blob } : { body });
    tally(counts, child, rest, -1);
    return header;
  });
}
