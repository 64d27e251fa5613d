import { basename, dirname, join } from "node:path";
import { accessSync, constants, existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { ConfigurationError, isTrackletError, StorageError } from "../errors/index.ts";
import type { Destination } from "../queue/destination.ts";
import type { QueueStorage, StorageCounts } from "../queue/storage.ts";
import { destinationOf } from "../queue/storage/sqlite-destination.ts";
import { faultOf } from "../queue/storage/sqlite-errors.ts";
import { salvageCure } from "../queue/storage/salvage.ts";
import { readState } from "../queue/storage/sqlite-rows.ts";
import { migrations } from "../queue/storage/sqlite-schema.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { openNodeSqlite } from "../sql/node-sqlite.ts";
import { isNotDatabase } from "../sql/sql-errors.ts";
import { type OpenRunLine, openRunLines } from "./open-runs.ts";
import { type QuarantinedLine, quarantinedLines, type WaitingRun, waitingRuns } from "./queue-contents.ts";

/** What lies in a queue file. */
export interface QueueFile extends Pick<QueueStorage, "name"> {
  /** Version of its schema. */
  readonly version: number;
  readonly counts: StorageCounts;
  /** Where its data goes; undefined when nobody said so yet. */
  readonly destination: Destination | undefined;
  /** Runs of which something waits, the one that waits longest first. */
  readonly runs: readonly WaitingRun[];
  readonly quarantined: readonly QuarantinedLine[];
  /** Runs that nobody has ended. */
  readonly open: readonly OpenRunLine[];
}

/**
 * Reads a queue file as it was at one moment, and changes nothing: not even the log of a killed process is moved into it.
 *
 * @param path Absolute.
 * @throws ConfigurationError when it is no queue file; StorageError when a newer tracklet made it or it is damaged.
 */
export function readQueueFile(path: string): QueueFile {
  checkFile(path);
  // Whoever has it open, or was killed with it open, has a log beside it.
  const database = openNodeSqlite(path, { readOnly: true, immutable: !existsSync(`${path}-wal`) });
  try {
    database.exec("BEGIN");
    const version = checkVersion(path, database);
    const { counts } = readState(database);
    const destination = destinationOf(database);
    const runs = waitingRuns(database, destination);
    const open = openRunLines(database, runs);
    const held = { destination, runs, open, quarantined: quarantinedLines(database) };
    database.exec("COMMIT");
    return { name: path, version, counts, ...held };
  } catch (error) {
    throw isTrackletError(error) ? error : unreadable(path, error);
  } finally {
    database.close();
  }
}

/** Names under which files that were found damaged lie beside one. */
export function damagedBeside(path: string): ReadonlySet<string> {
  const start = `${path}.damaged-`;
  return new Set(
    readdirSync(dirname(path))
      .map((name) => join(dirname(path), name))
      .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length))),
  );
}

function checkFile(path: string): void {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new ConfigurationError(`Cannot open the queue file "${path}": ${(cause as Error).message}`, { cause });
  }
  if (!found) throw new ConfigurationError(`Cannot open the queue file "${path}": there is no such file`);
  if (found.isDirectory()) {
    throw new ConfigurationError(`Cannot open the queue file "${path}" as it is a folder: name the file in it`);
  }
}

/** True for a queue of tracklet; a file that is no database, or a damaged one, throws. */
export function isQueue(database: SqlDatabase): boolean {
  const sql = "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name IN ('queue_meta', 'queue_state')";
  return database.prepare(sql).get()?.["n"] === 2;
}

/** @throws StorageError when nothing can be changed in a queue file, or beside it, as what was sent has to be noted there. */
export function checkWritable(path: string, mayWrite: (path: string) => void = mustBeWritable): void {
  for (const place of [path, dirname(path)]) {
    try {
      mayWrite(place);
    } catch (cause) {
      const must = `"${place}" must be writable, to note there what was sent`;
      const cure = `make it writable, or copy the file with what lies beside it (-wal, -spool) and sync the copy`;
      const message = `Cannot send what waits in "${path}" as ${must}: ${(cause as Error).message}; ${cure}`;
      throw new StorageError(message, { cause, fault: "denied" });
    }
  }
}

function mustBeWritable(path: string): void {
  accessSync(path, constants.W_OK);
}

/** Version of the queue in a file, if there is one that can be read. */
function checkVersion(path: string, database: SqlDatabase): number {
  const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const tables = rows.map(({ name }) => String(name));
  if (tables.includes("alembic_version")) {
    throw new ConfigurationError(
      `Cannot open "${path}" as a queue file as it is a database of MLflow: it holds runs, and nothing in it waits for a server; "tracklet doctor" tells what it holds`,
    );
  }
  if (!isQueue(database)) {
    const held = tables.find((name) => !name.startsWith("sqlite_"));
    const beside = `what a program wrote last lies beside it in ${basename(path)}-wal until another one opens it: copy that, too`;
    const why = held === undefined ? `it is empty; ${beside}` : `it holds the table "${held}"`;
    throw new ConfigurationError(`Cannot open "${path}" as a queue file as it must be one of tracklet: ${why}`);
  }
  const version = Number(database.prepare("SELECT value FROM queue_meta WHERE name = 'version'").get()?.["value"]);
  if (version > migrations.length) {
    throw new StorageError(
      `Cannot open the queue file "${path}" as its schema version must be at most ${migrations.length}: current value is ${version}; update tracklet`,
      { fault: "newer" },
    );
  }
  if (!(version >= 1)) throw new Error("database disk image is malformed: the queue has no version");
  return version;
}

function unreadable(path: string, cause: unknown): Error {
  const words = cause instanceof Error ? cause.message : String(cause);
  if (isNotDatabase(cause)) {
    const message = `Cannot open "${path}" as a queue file as it must be a SQLite file of tracklet: it holds something else`;
    return new ConfigurationError(message, { cause });
  }
  const fault = faultOf(cause);
  const why: Partial<Record<typeof fault & string, string>> = {
    damaged: "it is damaged",
    denied: "its folder must be writable, for SQLite's own lock file",
    busy: "another program holds its lock: try again",
  };
  const cure =
    fault === "damaged"
      ? `: the next tracker that has it as its queue moves it aside and goes on with a new one; ${salvageCure(path)}`
      : "";
  const reason = fault === undefined ? words : `${why[fault] ?? fault} (${words})${cure}`;
  return new StorageError(`Cannot read the queue file "${path}" as ${reason}`, { cause, ...(fault && { fault }) });
}
