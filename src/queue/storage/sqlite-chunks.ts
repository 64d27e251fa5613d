import { StorageError } from "../../errors/usage-errors.ts";
import type { SqlDatabase } from "../../sql/database.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import { settleAccount } from "./sqlite-accounts.ts";
import { forgetDiscard, noteDiscard } from "./sqlite-discards.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { bodyName, isLong } from "./sqlite-parts.ts";
import { type ChunkRow, HEADER, placeOf, type QueueState, readHeader, readRow, writeRow } from "./sqlite-rows.ts";
import { tally, tallyWaiting } from "./tally.ts";

/** One write transaction. */
export interface Change {
  readonly host: SqliteHost;
  readonly database: SqlDatabase;
  readonly state: QueueState;
  /** Bodies to delete once it is committed. */
  readonly gone: string[];
}

/** Chunks above `after`, in order. */
export function readHeads(database: SqlDatabase, after: number, limit: number): ChunkHeader[] {
  const sql = `SELECT ${HEADER} FROM chunks WHERE place > ? ORDER BY place LIMIT ?`;
  return database.prepare(sql).all(placeOf(after), limit).map(readHeader);
}

/** The chunk at a place, without its body. */
export function findChunk(
  database: SqlDatabase,
  place: number,
  table: "chunks" | "quarantined" = "chunks",
): ChunkRow | undefined {
  const row = database.prepare(`SELECT ${HEADER} FROM ${table} WHERE place = ?`).get(place);
  return row && readRow(row);
}

/** Puts a chunk at its place, and counts it. */
export function insertChunk(change: Change, chunk: Omit<ChunkRow, "blobBytes">, body: Uint8Array): void {
  const { host, database, state } = change;
  const { spooled } = chunk;
  if (spooled) {
    // Swept by a process that opened the queue just now: the next try writes it again.
    if (!host.spool.has(spooled.file)) {
      const message = `Cannot keep an artifact as its body is gone from the spool of "${host.label}": try again`;
      throw new StorageError(message, { fault: "busy" });
    }
    database.prepare("INSERT OR REPLACE INTO files (name) VALUES (?)").run(spooled.file);
  }
  writeRow(database, chunk, body, host.large);
  noteDiscard(database, chunk);
  tallyWaiting(state.counts, { ...chunk, blobBytes: spooled?.blobBytes ?? 0 }, 1);
}

/** Deletes a chunk with its body. */
export function removeChunk(change: Change, chunk: ChunkRow): void {
  change.database.prepare("DELETE FROM chunks WHERE place = ?").run(placeOf(chunk.order));
  forgetDiscard(change.database, chunk);
  tallyWaiting(change.state.counts, chunk, -1);
  forgetLarge(change, chunk);
  forgetBody(change, chunk);
}

/** Deletes a chunk as delivered or dropped, in the account of its run as well. */
export function finishChunk(
  change: Change,
  chunk: ChunkRow,
  as: "delivered" | "dropped",
  keys: KeyCounts | undefined,
): void {
  removeChunk(change, chunk);
  tally(change.state.counts, chunk, as);
  settleAccount(change.database, chunk, keys, as === "delivered" ? "acknowledged" : as);
}

/** Deletes a body that lies outside of its row. */
export function forgetLarge({ host }: Change, { order, bytes }: ChunkRow): void {
  if (isLong(bytes)) host.large?.remove(bodyName(placeOf(order)));
}

/** Has the file of a chunk deleted that is gone. */
export function forgetBody({ database, gone }: Change, { spooled }: ChunkRow): void {
  if (!spooled) return;
  database.prepare("DELETE FROM files WHERE name = ?").run(spooled.file);
  gone.push(spooled.file);
}
