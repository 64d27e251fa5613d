import { fnv64 } from "../../internal/fnv64.ts";
import type { SqlRow } from "../../sql/database.ts";
import type { ChildDraft, ChunkDraft, StoredChunk } from "../chunk/stored-chunk.ts";
import { UnreadBodyError } from "../chunk/unread-body.ts";
import { keepBody, keepGone, type Unread } from "./keep-body.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { placeOf, readBody, readRow, type SpooledBlob } from "./sqlite-rows.ts";

/**
 * Writes bodies of artifacts before their chunks, so that no chunk is without its body.
 *
 * @throws UnreadBodyError when some of them cannot be read: their chunks are not to be put.
 */
export async function keepBodies(
  host: SqliteHost,
  writer: string,
  last: number,
  chunks: readonly ChunkDraft[],
): Promise<Map<ChunkDraft, SpooledBlob>> {
  const spooled = new Map<ChunkDraft, SpooledBlob>();
  const unread = new Map<number, unknown>();
  for (const draft of chunks) {
    // One that was put before has its body already, or needs none any more.
    if (!draft.blob || draft.sequence <= last) continue;
    const kept = await keep(host, `${fnv64(writer)}-${draft.sequence}`, draft.blob);
    if ("unread" in kept) unread.set(draft.sequence, kept.unread);
    else spooled.set(draft, kept);
  }
  if (unread.size > 0) throw new UnreadBodyError(unread);
  return spooled;
}

/** The same for the children of a chunk. */
export async function keepChildren(
  host: SqliteHost,
  order: number,
  term: number,
  children: readonly ChildDraft[],
): Promise<Map<ChildDraft, SpooledBlob>> {
  const files = new Map<ChildDraft, SpooledBlob>();
  for (const [n, child] of children.entries()) {
    if (!child.blob) continue;
    const name = `child-${term}-${placeOf(order)}-${n}`;
    const kept = await keep(host, name, child.blob);
    // It was there when its parent was put, and must not keep others from their place.
    files.set(child, "unread" in kept ? await failing(host, keepGone(host.spool, name, child.blob)) : kept);
  }
  return files;
}

/** A chunk with its body. */
export async function wholeChunk({ spool, large }: SqliteHost, row: SqlRow): Promise<StoredChunk> {
  const { spooled, blobBytes, ...header } = readRow(row);
  const blob = spooled && (await spool.open(spooled.file, blobBytes, spooled.type));
  return { ...header, body: readBody(row, large), ...(blob ? { blob } : spooled && { room: blobBytes }) };
}

function keep(host: SqliteHost, name: string, blob: Blob): Promise<SpooledBlob | Unread> {
  return failing(host, keepBody(host.spool, name, blob));
}

/** With the error for the caller. */
async function failing<T>(host: SqliteHost, kept: Promise<T>): Promise<T> {
  try {
    return await kept;
  } catch (error) {
    throw host.failed(error);
  }
}
