import type { SqlDatabase } from "../../sql/database.ts";
import type { OpenRun } from "../lead/open-run.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";

/** Notes which runs a writer has open after a put. */
export function noteOpen(database: SqlDatabase, writer: string, { run, opens }: ChunkDraft): void {
  if (opens === undefined) return;
  if (opens) {
    database.prepare("INSERT OR REPLACE INTO open_runs (run, writer, beat) VALUES (?, ?, 0)").run(run, writer);
  } else database.prepare("DELETE FROM open_runs WHERE run = ?").run(run);
}

/** Open runs above `after`, in order. */
export function readOpenRuns(database: SqlDatabase, after: string, limit: number): OpenRun[] {
  const rows = database
    .prepare(
      "SELECT run, open_runs.writer, beat, at FROM open_runs LEFT JOIN writers USING (writer) WHERE run > ? ORDER BY run LIMIT ?",
    )
    .all(after, limit);
  return rows.map((row) => ({
    run: String(row["run"]),
    writer: String(row["writer"]),
    beat: Number(row["beat"]),
    at: Number(row["at"] ?? 0),
  }));
}

/** Changes the beat of all runs that a writer has open. */
export function beatOpenRuns(database: SqlDatabase, writer: string): void {
  database.prepare("UPDATE open_runs SET beat = beat + 1 WHERE writer = ?").run(writer);
}

/** True when a run is open by a writer. */
export function isOpenBy(database: SqlDatabase, { run, writer, beat }: OpenRun): boolean {
  const sql = "SELECT 1 FROM open_runs WHERE run = ? AND writer = ? AND beat = ?";
  return database.prepare(sql).get(run, writer, beat) !== undefined;
}
