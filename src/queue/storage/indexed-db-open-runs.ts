import type { OpenRun } from "../lead/open-run.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { put, remove } from "./indexed-db-requests.ts";
import { writerOf } from "./indexed-db-writers.ts";

/** Notes which runs a writer has open after a put. */
export function noteOpen(transaction: Writing, writer: string, { run, opens }: ChunkDraft): void {
  if (opens === undefined) return;
  if (opens) put(transaction, "open", { run, writer, beat: 0 });
  else remove(transaction, "open", run);
}

/** Open runs above `after`, in order. */
export async function readOpenRuns(transaction: Reading, after: string, limit: number): Promise<OpenRun[]> {
  const found = await transaction.objectStore("open").getAll(IDBKeyRange.lowerBound(after, true), limit);
  const state = (await transaction.objectStore("state").get("state")) ?? {};
  const at = async (writer: string): Promise<number> => (await writerOf(transaction, state, writer))?.at ?? 0;
  return Promise.all(found.map(async (open) => ({ ...open, at: await at(open.writer) })));
}

/** Changes the beat of all runs that a writer has open. */
export async function beatOpenRuns(transaction: Writing, writer: string): Promise<void> {
  for (const open of await transaction.objectStore("open").getAll()) {
    if (open.writer === writer) put(transaction, "open", { ...open, beat: open.beat + 1 });
  }
}

/** True when a run is open by a writer. */
export async function isOpenBy(transaction: Writing, { run, writer, beat }: OpenRun): Promise<boolean> {
  const open = await transaction.objectStore("open").get(run);
  return open?.writer === writer && open.beat === beat;
}
