import type { SqlDatabase } from "../../sql/database.ts";
import { addFates, type Fate, type FateLine } from "../account/fates.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type { AccountDraft, AccountRecord } from "../account/account-record.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import { type LargeValues, linesName } from "./sqlite-parts.ts";

/** Puts what a writer counted, over what it counted before. */
export function putAccounts(
  database: SqlDatabase,
  writer: string,
  drafts: readonly AccountDraft[],
  large?: LargeValues,
): void {
  const statement = database.prepare(
    "INSERT INTO accounts (run, writer, bucket, lines) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET lines = excluded.lines",
  );
  for (const { run, bucket, lines } of drafts) {
    const isApart = large?.put(linesName(run, writer, bucket), lines);
    statement.run(run, writer, bucket, isApart ? new Uint8Array() : lines);
  }
}

/** Counts what a chunk stands for to its fate, or away from one. */
export function settleAccount(
  database: SqlDatabase,
  { run, writer, bucket }: ChunkHeader,
  keys: KeyCounts | undefined,
  fate: Fate | undefined,
  from?: Fate,
): void {
  if (!keys || keys.length === 0) return;
  const row = database
    .prepare("SELECT fates FROM accounts WHERE run = ? AND writer = ? AND bucket = ?")
    .get(run, writer, bucket);
  const fates = addFates(readFates(row?.["fates"]), keys, fate, from);
  database
    .prepare(
      "INSERT INTO accounts (run, writer, bucket, fates) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET fates = excluded.fates",
    )
    .run(run, writer, bucket, JSON.stringify(fates));
}

/** What was counted of a run, by all writers. */
export function accountsOf(database: SqlDatabase, run: string, large?: LargeValues): AccountRecord[] {
  const rows = database.prepare("SELECT writer, bucket, lines, fates FROM accounts WHERE run = ?").all(run);
  return rows.map(({ writer, bucket, lines, fates }) => ({
    run,
    writer: String(writer),
    bucket: Number(bucket),
    lines:
      lines instanceof Uint8Array ? linesIn(lines, linesName(run, String(writer), Number(bucket)), large) : undefined,
    fates: readFates(fates),
  }));
}

function linesIn(lines: Uint8Array, name: string, large: LargeValues | undefined): Uint8Array<ArrayBuffer> {
  return (lines.length === 0 && large?.get(name)) || (lines as Uint8Array<ArrayBuffer>);
}

function readFates(text: unknown): FateLine[] {
  try {
    const lines: unknown = typeof text === "string" ? JSON.parse(text) : [];
    return Array.isArray(lines) ? lines : [];
  } catch {
    // Damaged: nothing is known, and nothing is said.
    return [];
  }
}
