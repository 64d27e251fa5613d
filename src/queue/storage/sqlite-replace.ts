import type { KeyCounts } from "../account/key-counts.ts";
import type { ChildDraft, ChunkHeader } from "../chunk/stored-chunk.ts";
import { type Change, findChunk, finishChunk, insertChunk } from "./sqlite-chunks.ts";
import { type ChunkRow, divide, placeOf, readBody, type SpooledBlob } from "./sqlite-rows.ts";
import { isChild, tally } from "./tally.ts";

/** Puts children in the place of a chunk, as `replace()` promises. */
export function replaceChunk(
  change: Change,
  parent: ChunkRow,
  children: readonly ChildDraft[],
  rest: "delivered" | "dropped",
  keys: KeyCounts | undefined,
  files: ReadonlyMap<ChildDraft, SpooledBlob>,
): readonly ChunkHeader[] {
  const { database, state, host } = change;
  const place = placeOf(parent.order);
  const row = database.prepare("SELECT place, body FROM chunks WHERE place = ?").get(place)!;
  if (isChild({ ...parent, body: readBody(row, host.large) }, children[0])) {
    // It took place before, and only its answer was lost: nothing may be counted twice.
    return children.flatMap((_, n) => findChunk(database, place + n * placeOf(parent.span)) ?? []).map(plainHeader);
  }
  finishChunk(change, parent, rest, keys);
  return divide(place, placeOf(parent.span), children.length).map(({ place, span }, n) => {
    const child = children[n]!;
    const { kind, count, body } = child;
    const facts = {
      kind,
      count,
      sequence: 0,
      bytes: body.length,
      sealed: true,
      attempted: 0,
      spooled: files.get(child),
    };
    insertChunk(change, { ...parent, ...facts, order: place / placeOf(1), span: span / placeOf(1) }, body);
    tally(state.counts, child, rest, -1);
    return plainHeader(findChunk(database, place)!);
  });
}

function plainHeader({ spooled: _, blobBytes: __, ...header }: ChunkRow): ChunkHeader {
  return header;
}
