import { decodeChunk, keysOf as contentKeys } from "../queue/content.ts";
import { decodeRequest } from "../queue/chunk-codec.ts";
import type { ChunkKind } from "../queue/request.ts";
import { readBody, readHeader } from "../queue/storage/sqlite-rows.ts";
import { mappingOf } from "../queue/storage/sqlite-runs.ts";
import type { Amount, NewRun } from "../queue/types.ts";
import type { SqlDatabase } from "../sql/database.ts";

/** What waits of one run. */
export interface WaitingRun extends Amount {
  /** Our id. */
  readonly run: string;
  /** MLflow's id, once it is created there. */
  readonly runId: string | undefined;
  /** Known while the run is not created on the server. */
  readonly name: string | undefined;
  /** Bodies and artifacts. */
  readonly bytes: number;
  /** Wall time in milliseconds of the oldest. */
  readonly since: number;
}

/** One thing that the server refused for good. */
export interface QuarantinedLine {
  readonly run: string;
  readonly runId: string | undefined;
  readonly kind: ChunkKind;
  /** Keys, or path of the artifact; none when the bytes are damaged. */
  readonly keys: readonly string[];
  readonly count: number;
  /** Wall time in milliseconds at which it was logged. */
  readonly at: number;
  readonly reason: string;
}

/** Runs of which something waits. Reads all headers, and no bodies but those of creates. */
export function waitingRuns(database: SqlDatabase): WaitingRun[] {
  const names = new Map<string, string | undefined>();
  for (const row of database.prepare("SELECT run, body FROM chunks WHERE kind = 'create'").all()) {
    names.set(
      String(row["run"]),
      attempt(() => (decodeRequest(readBody(row)) as NewRun).name),
    );
  }
  const points = "CASE kind WHEN 'metrics' THEN count ELSE 0 END";
  const rows = database
    .prepare(
      `SELECT run, sum(${points}) AS points, sum(count - ${points}) AS requests, sum(bytes + blob_bytes) AS bytes,
       min(at) AS since FROM chunks GROUP BY run ORDER BY min(place)`,
    )
    .all();
  return rows.map((row) => {
    const run = String(row["run"]);
    return {
      run,
      runId: mappingOf(database, run)?.runId,
      name: names.get(run),
      points: Number(row["points"]),
      requests: Number(row["requests"]),
      bytes: Number(row["bytes"]),
      since: Number(row["since"]),
    };
  });
}

/** What was set aside, with the server's words. */
export function quarantinedLines(database: SqlDatabase): QuarantinedLine[] {
  const rows = database.prepare("SELECT * FROM quarantined ORDER BY place").all();
  return rows.map((row) => {
    const { run, kind, count, at } = readHeader(row);
    const keys = attempt(() => keysOf(kind, readBody(row))) ?? [];
    return { run, runId: mappingOf(database, run)?.runId, kind, keys, count, at, reason: String(row["reason"]) };
  });
}

function keysOf(kind: ChunkKind, body: Uint8Array<ArrayBuffer>): readonly string[] {
  // Its path is in the body; the bytes of the artifact itself do not matter here.
  const content = decodeChunk({ kind, body, ...(kind === "artifact" && { blob: new Blob() }) });
  return contentKeys(content).map(([, key]) => key);
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined; // damaged, or of a newer version: it is shown without
  }
}
