import type { KeyCounts } from "../account/key-counts.ts";
import type { QuarantinedChunk, QuarantinedHeader } from "../chunk/stored-chunk.ts";
import { settleAccount } from "./indexed-db-accounts.ts";
import { type Change, insertChunk, plainHeader, removeChunk, wholeChunk } from "./indexed-db-chunks.ts";
import type { Reading, StoreName } from "./indexed-db-connection.ts";
import { put, remove } from "./indexed-db-requests.ts";
import { touchRun } from "./indexed-db-runs.ts";
import type { ChunkRecord } from "./indexed-db-schema.ts";
import { tally } from "./tally.ts";

/** What taking a chunk out of quarantine changes, beside the state. */
export const ASIDE: StoreName[] = ["chunks", "bodies", "fates", "quarantined", "runs"];

/** Sets a chunk aside with its body. */
export async function quarantineChunk(
  change: Change,
  chunk: ChunkRecord,
  reason: string,
  keys: KeyCounts | undefined,
): Promise<void> {
  removeChunk(change, chunk, "kept");
  tally(change.counts, chunk, "quarantined");
  put(change.transaction, "quarantined", { ...chunk, reason });
  await settleAccount(change.transaction, chunk, keys, "quarantined");
}

/** Quarantined chunks above `after`, in order. */
export async function readQuarantined(
  transaction: Reading,
  after: number,
  limit: number,
): Promise<readonly QuarantinedHeader[]> {
  const range = IDBKeyRange.lowerBound(after, true);
  const found = await transaction.objectStore("quarantined").getAll(range, limit);
  return found.map(({ reason, ...chunk }) => ({ ...plainHeader(chunk), reason }));
}

/** A quarantined chunk with its body. */
export async function wholeQuarantined(transaction: Reading, order: number): Promise<QuarantinedChunk | undefined> {
  const found = await transaction.objectStore("quarantined").get(order);
  if (!found) return undefined;
  const { reason, ...chunk } = found;
  return { ...(await wholeChunk(transaction, chunk)), reason };
}

/** Puts a quarantined chunk back at the end of the order, and gives its new place; undefined when it is not there. */
export function releaseChunk(
  change: Change,
  order: number,
  keys: KeyCounts | undefined,
  now: number,
): Promise<number | undefined> {
  return aside(change, order, async ({ transaction, counts }, chunk) => {
    const { body, blob, ...header } = await wholeChunk(transaction, chunk);
    const place = { order: ++counts.order, span: 1, sequence: 0 };
    insertChunk(change, { ...header, ...place }, blob ? { body, blob } : { body });
    await settleAccount(transaction, chunk, keys, undefined, "quarantined");
    await touchRun(transaction, chunk.run, now);
    return place.order;
  });
}

/** Forgets a quarantined chunk; false when it is not there. */
export async function discardChunk(change: Change, order: number, keys: KeyCounts | undefined): Promise<boolean> {
  const done = await aside(change, order, async ({ transaction, counts }, chunk) => {
    tally(counts, chunk, "dropped");
    await settleAccount(transaction, chunk, keys, "dropped", "quarantined");
    return true;
  });
  return done === true;
}

/** Takes a chunk out of quarantine; undefined when it is not there. */
async function aside<T>(
  change: Change,
  order: number,
  body: (change: Change, chunk: ChunkRecord) => Promise<T>,
): Promise<T | undefined> {
  const { transaction, counts } = change;
  const found = await transaction.objectStore("quarantined").get(order);
  if (!found) return undefined;
  const { reason: _, ...chunk } = found;
  tally(counts, chunk, "quarantined", -1);
  remove(transaction, "quarantined", order);
  const result = await body(change, chunk);
  remove(transaction, "bodies", order);
  return result;
}
