import { freshDesired } from "../chunk/desired-state.ts";
import type { AccountDraft } from "../account/account-record.ts";
import type { Appended, ChunkDraft } from "../chunk/stored-chunk.ts";
import type { DesiredRun } from "../run-mapping.ts";
import { putAccounts } from "./indexed-db-accounts.ts";
import { type Change, insertChunk, removeChunk } from "./indexed-db-chunks.ts";
import type { StoreName } from "./indexed-db-connection.ts";
import { DISCARDS, noteDiscard } from "./indexed-db-discards.ts";
import { noteOpen } from "./indexed-db-open-runs.ts";
import { touchRun } from "./indexed-db-runs.ts";
import { keepWriter, writerOf } from "./indexed-db-writers.ts";
import { isOutdated } from "./retention.ts";
import { TailMemory } from "./tails.ts";

/** What a put changes, beside the state. */
export const PUT: StoreName[] = ["chunks", "bodies", "writers", "runs", "accounts", "open", DISCARDS];

/** What a writer hands over at one time. */
export interface Put {
  readonly writer: string;
  readonly drafts: readonly ChunkDraft[];
  readonly desired?: ReadonlyMap<string, DesiredRun> | undefined;
  readonly accounts?: readonly AccountDraft[];
  /** Wall time in milliseconds. */
  readonly now: number;
}

/** When runs were in use, as it is noted of them. */
export type Touched = ReadonlyMap<string, number>;

/**
 * Puts chunks of one writer, and all that goes with them. Of the runs in `known` it is not looked up again when they were
 * in use; gives those that were.
 */
export async function putChunks(
  change: Change,
  known: Touched,
  { writer, drafts, desired, accounts = [], now }: Put,
): Promise<{ readonly results: readonly Appended[]; readonly touched: Touched }> {
  const { transaction, counts } = change;
  const at = drafts.at(-1)?.at ?? now;
  const record = await writerOf(transaction, change, writer);
  let last = record?.last ?? 0;
  const memory = new TailMemory(record?.tails);
  const results: Appended[] = [];
  for (const draft of drafts) {
    const { order: place = 0, body, blob, opens: _, ...facts } = draft;
    const before = place === 0 ? undefined : await transaction.objectStore("chunks").get(place);
    const own = before?.writer === writer && before.sequence === draft.sequence ? before : undefined;
    if (own ? own.sealed : draft.sequence <= last) {
      results.push({ stored: false, order: own ? place : 0, count: memory.put(draft.sequence, own?.count) });
      continue;
    }
    if (own) memory.put(draft.sequence, draft.count);
    if (own) removeChunk(change, own);
    const order = own ? place : ++counts.order;
    last = Math.max(last, draft.sequence);
    const header = { bucket: 0, attempted: 0, ...facts, writer, order, span: 1, bytes: body.length };
    insertChunk(change, header, blob ? { body, blob } : { body });
    if (header.kind === "discard") noteDiscard(transaction, header);
    noteOpen(transaction, writer, draft);
    results.push({ stored: true, order, count: draft.count });
  }
  const { tails } = memory;
  if (drafts.length > 0) keepWriter(change, { id: writer, last, at, ...(tails && { tails }) });
  putAccounts(transaction, writer, accounts);
  const fresh = freshDesired(desired, drafts, results);
  const touched = new Map<string, number>();
  for (const run of new Set([...[...drafts, ...accounts].map(({ run }) => run), ...fresh.keys()])) {
    const noted = known.get(run);
    if (noted !== undefined && !isOutdated(noted, at) && !fresh.has(run)) continue;
    touched.set(run, await touchRun(transaction, run, at, fresh.get(run)));
  }
  return { results, touched };
}
