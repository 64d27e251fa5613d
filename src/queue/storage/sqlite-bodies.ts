import { fnv64 } from "../../internal/fnv64.ts";
import type { SqlRow } from "../../sql/database.ts";
import type { ChildDraft, ChunkDraft, StoredChunk } from "../chunk/stored-chunk.ts";
import { keepBody } from "./keep-body.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { placeOf, readBody, readRow, type SpooledBlob } from "./sqlite-rows.ts";

/** Writes bodies of artifacts before their chunks, so that no chunk is without its body. */
export async function keepBodies(
  host: SqliteHost,
  writer: string,
  last: number,
  chunks: readonly ChunkDraft[],
): Promise<Map<ChunkDraft, SpooledBlob>> {
  const spooled = new Map<ChunkDraft, SpooledBlob>();
  for (const draft of chunks) {
    // One that was put before has its body already, or needs none any more.
    if (!draft.blob || draft.sequence <= last) continue;
    spooled.set(draft, await keep(host, `${fnv64(writer)}-${draft.sequence}`, draft.blob));
  }
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
    if (child.blob) files.set(child, await keep(host, `child-${term}-${placeOf(order)}-${n}`, child.blob));
  }
  return files;
}

/** A chunk with its body. */
export async function wholeChunk({ spool, large }: SqliteHost, row: SqlRow): Promise<StoredChunk> {
  const { spooled, blobBytes, ...header } = readRow(row);
  const blob = spooled && (await spool.open(spooled.file, blobBytes, spooled.type));
  return { ...header, body: readBody(row, large), ...(blob ? { blob } : spooled && { room: blobBytes }) };
}

async function keep(host: SqliteHost, name: string, blob: Blob): Promise<SpooledBlob> {
  try {
    return await keepBody(host.spool, name, blob);
  } catch (error) {
    throw host.failed(error);
  }
}
