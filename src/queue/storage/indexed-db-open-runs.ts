import type { OpenRun } from "../open-runs.ts";
import type { ChunkDraft } from "../storage.ts";
import { queued, type Reading, type Writing } from "./indexed-db-connection.ts";

/** Notes which runs a writer has open after a put. */
export function noteOpen(transaction: Writing, writer: string, { run, opens }: ChunkDraft): void {
  if (opens === undefined) return;
  const store = transaction.objectStore("open");
  queued(opens ? store.put({ run, writer, beat: 0 }) : store.delete(run));
}

/** Open runs above `after`, in order. */
export async function readOpenRuns(transaction: Reading, after: string, limit: number): Promise<OpenRun[]> {
  const found = await transaction.objectStore("open").getAll(IDBKeyRange.lowerBound(after, true), limit);
  const writers = transaction.objectStore("writers");
  return Promise.all(found.map(async (open) => ({ ...open, at: (await writers.get(open.writer))?.at ?? 0 })));
}

/** Changes the beat of all runs that a writer has open. */
export async function beatOpenRuns(transaction: Writing, writer: string): Promise<void> {
  for (const open of await transaction.objectStore("open").getAll()) {
    if (open.writer === writer) queued(transaction.objectStore("open").put({ ...open, beat: open.beat + 1 }));
  }
}

/** True when a run is open by a writer. */
export async function isOpenBy(transaction: Writing, { run, writer, beat }: OpenRun): Promise<boolean> {
  const open = await transaction.objectStore("open").get(run);
  return open?.writer === writer && open.beat === beat;
}
