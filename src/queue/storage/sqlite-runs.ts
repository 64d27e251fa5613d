import type { SqlDatabase } from "../../sql/database.ts";
import { mergeDesired } from "../chunk/desired-state.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { isLong, type LargeValues, stateName } from "./sqlite-parts.ts";
import { isOutdated } from "./retention.ts";
import { TailMemory, type Tails } from "./tails.ts";

/** In the place of a state that lies in parts. */
const APART = "";

/** Last sequence that a writer put, 0 for an unknown one, and what its tails held. */
export function lastOf(database: SqlDatabase, writer: string): { last: number; readonly memory: TailMemory } {
  const row = database.prepare("SELECT last, tails FROM writers WHERE writer = ?").get(writer);
  return { last: Number(row?.["last"] ?? 0), memory: new TailMemory(parse(row?.["tails"]) as Tails | undefined) };
}

/** Notes the last sequence of a writer, when it was put, and what its tails hold. */
export function keepLast(database: SqlDatabase, writer: string, last: number, at: number, { tails }: TailMemory): void {
  database
    .prepare("INSERT OR REPLACE INTO writers (writer, last, at, tails) VALUES (?, ?, ?, ?)")
    .run(writer, last, at, tails ? JSON.stringify(tails) : null);
}

/** Which run of the server a run is. */
export function mappingOf(database: SqlDatabase, run: string): RunMapping | undefined {
  return parse(column(database, run, "mapping")) as RunMapping | undefined;
}

/** Mappings of runs above `after`, in order. */
export function mappingsOf(database: SqlDatabase, after: string, limit: number): RunMapping[] {
  const sql = "SELECT mapping FROM runs WHERE run > ? AND mapping IS NOT NULL ORDER BY run LIMIT ?";
  const rows = database.prepare(sql).all(after, limit);
  return rows.flatMap((row) => (parse(row["mapping"]) as RunMapping | undefined) ?? []);
}

/** Keeps a mapping unless there is one, and gives the one that stands. */
export function keepMapping(database: SqlDatabase, mapping: RunMapping, at: number): RunMapping {
  const stands = mappingOf(database, mapping.localId);
  if (stands) return stands;
  touch(database, mapping.localId, at);
  database.prepare("UPDATE runs SET mapping = ? WHERE run = ?").run(JSON.stringify(mapping), mapping.localId);
  return mapping;
}

/** The state that a run shall have. */
export function desiredOf(database: SqlDatabase, run: string, large?: LargeValues): DesiredRun | undefined {
  return parse(stateText(database, run, large)) as DesiredRun | undefined;
}

function stateText(database: SqlDatabase, run: string, large: LargeValues | undefined): unknown {
  const text = column(database, run, "desired");
  const bytes = text === APART ? large?.get(stateName(run)) : undefined;
  return bytes ? new TextDecoder().decode(bytes) : text;
}

/** Writes `later` over the state that a run shall have. */
export function mergeDesiredOf(
  database: SqlDatabase,
  run: string,
  later: DesiredRun,
  at: number,
  large?: LargeValues,
): void {
  touch(database, run, at);
  const text = JSON.stringify(mergeDesired(desiredOf(database, run, large), later));
  // A unit of text has 3 bytes at most: most states need no look at their bytes.
  const isApart = large && isLong(3 * text.length) && large.put(stateName(run), new TextEncoder().encode(text));
  database.prepare("UPDATE runs SET desired = ? WHERE run = ?").run(isApart ? APART : text, run);
}

/** Notes that a run is in use. */
export function touch(database: SqlDatabase, run: string, at: number): void {
  const kept = database.prepare("SELECT at FROM runs WHERE run = ?").get(run)?.["at"];
  if (kept === undefined) database.prepare("INSERT INTO runs (run, at) VALUES (?, ?)").run(run, at);
  else if (isOutdated(Number(kept), at)) database.prepare("UPDATE runs SET at = ? WHERE run = ?").run(at, run);
}

function column(database: SqlDatabase, run: string, name: "mapping" | "desired"): unknown {
  return database.prepare(`SELECT ${name} AS text FROM runs WHERE run = ?`).get(run)?.["text"];
}

function parse(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    // Damaged: the run is looked for on the server again, its state is what is written from now on.
    return undefined;
  }
}
