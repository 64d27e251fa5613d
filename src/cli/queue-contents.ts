import { type Destination, formerPlace, type Place, placeOf } from "../queue/destination.ts";
import { decodeChunk, keysOf as contentKeys } from "../queue/chunk/content.ts";
import { decodeRequest } from "../queue/chunk/chunk-codec.ts";
import type { ChunkKind } from "../queue/chunk/request.ts";
import { parseNote } from "../queue/lead/note-text.ts";
import { readNote } from "../queue/storage/sqlite-lease.ts";
import { readBody, readHeader } from "../queue/storage/sqlite-rows.ts";
import { mappingOf } from "../queue/storage/sqlite-runs.ts";
import type { Amount, NewModel, NewRun } from "../queue/types.ts";
import type { SqlDatabase } from "../sql/database.ts";

const PAGE = 64;

/** What waits of one run. */
export interface WaitingRun extends Amount {
  /** Our id. */
  readonly run: string;
  /** MLflow's id, once it is created there. */
  readonly runId: string | undefined;
  /** As it was named at the start; unknown of a run that was resumed. */
  readonly name: string | undefined;
  /** Bodies and artifacts. */
  readonly bytes: number;
  /** Wall time in milliseconds of the oldest. */
  readonly since: number;
  /** The server that it cannot leave any more: a part of it is there, or may be, or its experiment is one of that server. */
  readonly at: Place | undefined;
  /** Why whoever tried last could not write it, so that it waits for a person. */
  readonly parked: string | undefined;
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
export function waitingRuns(database: SqlDatabase, destination: Destination | undefined): WaitingRun[] {
  const creates = new Map<string, { readonly name?: string; readonly at: Place | undefined }>();
  for (const row of database
    .prepare("SELECT run, body, attempted FROM chunks WHERE kind IN ('create', 'model')")
    .all()) {
    const create = attempt(() => decodeRequest(readBody(row)) as NewRun | NewModel);
    const term = Number(row["attempted"]);
    const tried = term > 0 && destination ? (formerPlace(destination, term) ?? placeOf(destination)) : undefined;
    const of = create && placeOfCreation(database, create);
    creates.set(String(row["run"]), { ...(create?.name !== undefined && { name: create.name }), at: tried ?? of });
  }
  const points = "CASE kind WHEN 'metrics' THEN count ELSE 0 END";
  const rows = database
    .prepare(
      `SELECT run, sum(${points}) AS points, sum(count - ${points}) AS requests, sum(bytes + blob_bytes) AS bytes,
       min(at) AS since FROM chunks GROUP BY run ORDER BY min(place)`,
    )
    .all();
  const parked = new Map(parseNote(readNote(database)).parked);
  return rows.map((row) => {
    const run = String(row["run"]);
    const mapping = mappingOf(database, run);
    return {
      run,
      runId: mapping?.runId,
      name: creates.get(run)?.name ?? mapping?.name,
      points: Number(row["points"]),
      requests: Number(row["requests"]),
      bytes: Number(row["bytes"]),
      since: Number(row["since"]),
      at: mapping?.at ?? creates.get(run)?.at,
      parked: parked.get(run),
    };
  });
}

/** The server that something can be created on alone: the one whose id its experiment is, or that has the run of a model. */
function placeOfCreation(database: SqlDatabase, create: NewRun | NewModel): Place | undefined {
  if ("run" in create) return mappingOf(database, create.run)?.at;
  return "id" in create.experiment ? create.experiment.at : undefined;
}

/** What was set aside, with the server's words; bodies are read page by page, for their keys alone. */
export function quarantinedLines(database: SqlDatabase): QuarantinedLine[] {
  const lines: QuarantinedLine[] = [];
  const page = database.prepare(`SELECT * FROM quarantined WHERE place > ? ORDER BY place LIMIT ${PAGE}`);
  for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)!["place"]!)) {
    for (const row of rows) {
      const { run, kind, count, at } = readHeader(row);
      const keys = attempt(() => keysOf(kind, readBody(row))) ?? [];
      lines.push({ run, runId: mappingOf(database, run)?.runId, kind, keys, count, at, reason: String(row["reason"]) });
    }
  }
  return lines;
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
