import type { SqlDatabase } from "../../sql/database.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type { QuarantinedHeader } from "../chunk/stored-chunk.ts";
import { settleAccount } from "./sqlite-accounts.ts";
import { type Change, findChunk, forgetBody, forgetLarge } from "./sqlite-chunks.ts";
import { type ChunkRow, HEADER, placeOf, readBody, readHeader, writeRow } from "./sqlite-rows.ts";
import { touch } from "./sqlite-runs.ts";
import { tally, tallyWaiting } from "./tally.ts";

/** Sets a chunk aside with its body. */
export function quarantineChunk(
  { database, state }: Change,
  chunk: ChunkRow,
  reason: string,
  keys: KeyCounts | undefined,
): void {
  const place = placeOf(chunk.order);
  const columns = `${HEADER}, body`;
  database
    .prepare(`INSERT OR REPLACE INTO quarantined (${columns}, reason) SELECT ${columns}, ? FROM chunks WHERE place = ?`)
    .run(reason, place);
  database.prepare("DELETE FROM chunks WHERE place = ?").run(place);
  tallyWaiting(state.counts, chunk, -1);
  tally(state.counts, chunk, "quarantined");
  settleAccount(database, chunk, keys, "quarantined");
}

/** Quarantined chunks above `after`, in order. */
export function readQuarantined(database: SqlDatabase, after: number, limit: number): QuarantinedHeader[] {
  const sql = `SELECT ${HEADER}, reason FROM quarantined WHERE place > ? ORDER BY place LIMIT ?`;
  const rows = database.prepare(sql).all(placeOf(after), limit);
  return rows.map((row) => ({ ...readHeader(row), reason: String(row["reason"]) }));
}

/** Puts a quarantined chunk back at the end of the order, and gives its new place; undefined when it is not there. */
export function releaseChunk(change: Change, order: number, keys: KeyCounts | undefined): number | undefined {
  return aside(change, order, ({ database, state, host }, chunk) => {
    const row = database.prepare("SELECT place, body FROM quarantined WHERE place = ?").get(placeOf(order))!;
    const place = ++state.counts.order;
    writeRow(database, { ...chunk, order: place, span: 1, sequence: 0 }, readBody(row, host.large), host.large);
    tallyWaiting(state.counts, chunk, 1);
    settleAccount(database, chunk, keys, undefined, "quarantined");
    touch(database, chunk.run, host.now());
    return place;
  });
}

/** Forgets a quarantined chunk; false when it is not there. */
export function discardChunk(change: Change, order: number, keys: KeyCounts | undefined): boolean {
  const done = aside(change, order, ({ database, state }, chunk) => {
    tally(state.counts, chunk, "dropped");
    settleAccount(database, chunk, keys, "dropped", "quarantined");
    forgetBody(change, chunk);
    return true;
  });
  return done === true;
}

/** Takes a chunk out of quarantine; undefined when it is not there. */
function aside<T>(change: Change, order: number, body: (change: Change, chunk: ChunkRow) => T): T | undefined {
  const { database, state } = change;
  const chunk = findChunk(database, placeOf(order), "quarantined");
  if (!chunk) return undefined;
  tally(state.counts, chunk, "quarantined", -1);
  const result = body(change, chunk);
  forgetLarge(change, chunk);
  database.prepare("DELETE FROM quarantined WHERE place = ?").run(placeOf(order));
  return result;
}
