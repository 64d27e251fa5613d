import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { get, put, remove } from "./indexed-db-requests.ts";

/** The object store that keeps them. */
export const DISCARDS = "meta" as const;

/** Notes the place of a discard, beside the chunks: whoever leads need not read all that lies before it. */
export function noteDiscard(transaction: Writing, { run, order }: ChunkHeader): void {
  put(transaction, DISCARDS, order, keyOf(run));
}

/** Place of the last discard of a run that waits, as a part of its chunks. */
export async function discardOf(
  transaction: Reading | Writing,
  { run }: ChunkHeader,
): Promise<{ readonly discardTo?: number }> {
  const discardTo = await get(transaction, DISCARDS, keyOf(run));
  return typeof discardTo === "number" ? { discardTo } : {};
}

/** The discard is done, or another one lies behind it. */
export async function forgetDiscard(transaction: Writing, chunk: ChunkHeader): Promise<void> {
  if (chunk.kind !== "discard") return;
  if ((await discardOf(transaction, chunk)).discardTo === chunk.order) remove(transaction, DISCARDS, keyOf(chunk.run));
}

function keyOf(run: string): `discard ${string}` {
  return `discard ${run}`;
}
