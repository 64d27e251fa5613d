import { freshDesired } from "../chunk/desired-state.ts";
import type { AccountDraft } from "../account/account-record.ts";
import type { Appended, ChunkDraft } from "../chunk/stored-chunk.ts";
import type { DesiredRun } from "../run-mapping.ts";
import { putAccounts } from "./sqlite-accounts.ts";
import { type Change, findChunk, insertChunk, removeChunk } from "./sqlite-chunks.ts";
import { noteOpen } from "./sqlite-open-runs.ts";
import { placeOf, type SpooledBlob } from "./sqlite-rows.ts";
import { keepLast, lastOf, mergeDesiredOf, touch } from "./sqlite-runs.ts";

/** Puts chunks of a writer, as `append()` promises. */
export function putChunks(
  change: Change,
  writer: string,
  chunks: readonly ChunkDraft[],
  desired?: ReadonlyMap<string, DesiredRun>,
  accounts: readonly AccountDraft[] = [],
  spooled?: ReadonlyMap<ChunkDraft, SpooledBlob>,
): readonly Appended[] {
  const { database } = change;
  const { memory, ...put } = lastOf(database, writer);
  let { last } = put;
  const results = chunks.map((draft): Appended => {
    const before = draft.order === undefined ? undefined : findChunk(database, placeOf(draft.order));
    const own = before?.writer === writer && before.sequence === draft.sequence ? before : undefined;
    if (own ? own.sealed : draft.sequence <= last)
      return { stored: false, order: own?.order ?? 0, count: memory.put(draft.sequence, own?.count) };
    if (own) memory.put(draft.sequence, draft.count);
    if (own) removeChunk(change, own);
    const order = own?.order ?? ++change.state.counts.order;
    last = Math.max(last, draft.sequence);
    const blob = spooled?.get(draft);
    insertChunk(
      change,
      { bucket: 0, attempted: 0, ...draft, writer, order, span: 1, bytes: draft.body.length, spooled: blob },
      draft.body,
    );
    noteOpen(database, writer, draft);
    return { stored: true, order, count: draft.count };
  });
  const at = chunks.at(-1)?.at ?? change.host.now();
  if (chunks.length > 0) {
    keepLast(database, writer, last, at, memory);
  }
  for (const run of new Set([...chunks, ...accounts].map((draft) => draft.run))) touch(database, run, at);
  putAccounts(database, writer, accounts, change.host.large);
  for (const [run, later] of freshDesired(desired, chunks, results))
    mergeDesiredOf(database, run, later, at, change.host.large);
  return results;
}
