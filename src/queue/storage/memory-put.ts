import type { AccountDraft } from "../account/account-record.ts";
import { freshDesired, mergeDesired } from "../chunk/desired-state.ts";
import type { Appended, ChunkDraft } from "../chunk/stored-chunk.ts";
import type { DesiredRun } from "../run-mapping.ts";
import { insertChunk, removeChunk } from "./memory-chunks.ts";
import type { MemoryTables } from "./memory-tables.ts";
import { TailMemory } from "./tails.ts";

/** Puts chunks of a writer, as `append()` promises. */
export function putChunks(
  tables: MemoryTables,
  writer: string,
  chunks: readonly ChunkDraft[],
  desired?: ReadonlyMap<string, DesiredRun>,
  accounts: readonly AccountDraft[] = [],
): readonly Appended[] {
  tables.accounts.put(writer, accounts);
  const record = tables.writers.get(writer);
  let { last, at } = record ?? { last: 0, at: 0 };
  const memory = new TailMemory(record?.tails);
  const results = chunks.map((draft) => {
    const { sequence } = draft;
    const there = tables.chunks.get(draft.order ?? 0);
    const before = there?.writer === writer && there.sequence === sequence ? there : undefined;
    if (before ? before.sealed : sequence <= last) {
      return { stored: false, order: before?.order ?? 0, count: memory.put(sequence, before?.count) };
    }
    if (before) memory.put(sequence, draft.count);
    if (before) removeChunk(tables, before);
    const order = before?.order ?? ++tables.counts.order;
    last = Math.max(last, sequence);
    ({ at } = draft);
    const { opens, ...facts } = draft;
    if (opens) tables.open.set(draft.run, { run: draft.run, writer, beat: 0 });
    else if (opens === false) tables.open.delete(draft.run);
    insertChunk(tables, { bucket: 0, attempted: 0, ...facts, writer, order, span: 1, bytes: draft.body.length });
    return { stored: true, order, count: draft.count };
  });
  if (chunks.length > 0) tables.writers.set(writer, { last, at, tails: memory.tails });
  for (const [run, later] of freshDesired(desired, chunks, results)) {
    tables.desired.set(run, mergeDesired(tables.desired.get(run), later));
  }
  return results;
}
