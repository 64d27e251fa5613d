import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from "./database.ts";
import { shrinkBigInts } from "./safe-integers.ts";
import { isBusy, isNotDatabase } from "./sql-errors.ts";
import { SqliteConnection } from "./sqlite-connection.ts";

/** Milliseconds between two tries of what SQLite does not wait for. */
const BUSY_PAUSE = 5;

/** How a file is opened. */
export interface NodeSqliteOptions {
  /**
   * What a commit waits for in a file with a write-ahead log: `normal` survives a crash of the process, `full` also
   * a power cut. Files with a rollback journal, as MLflow makes them, always have `full`.
   * @default "normal"
   */
  readonly synchronous?: "normal" | "full";
  /**
   * Milliseconds for which a statement may hold the thread while another process has the lock.
   * @default 5000
   */
  readonly busyTimeout?: number;
  /** Changes nothing, not even by moving the log of a killed process into the file. @default false */
  readonly readOnly?: boolean;
  /**
   * With `readOnly`: nobody has the file open, so that SQLite needs no lock, and no files beside it.
   * @default false
   */
  readonly immutable?: boolean;
}

/** A statement whose integers beyond 2^53 come back as bigint; node:sqlite would throw on them. */
class NodeStatement implements SqlStatement {
  readonly #statement: StatementSync;
  #bigInts = false;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  run(...values: SqlValue[]): number {
    return Number(this.#statement.run(...values).changes);
  }

  get(...values: SqlValue[]): SqlRow | undefined {
    const row = this.#read(() => this.#statement.get(...values)) as SqlRow | undefined;
    return row !== undefined && this.#bigInts ? shrinkBigInts(row) : row;
  }

  all(...values: SqlValue[]): SqlRow[] {
    const rows = this.#read(() => this.#statement.all(...values)) as SqlRow[];
    return this.#bigInts ? rows.map(shrinkBigInts) : rows;
  }

  /** Numbers are the fast way; only a statement that met a large integer goes on with bigints. */
  #read<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      if (this.#bigInts || (error as { code?: unknown }).code !== "ERR_OUT_OF_RANGE") throw error;
      this.#bigInts = true;
      this.#statement.setReadBigInts(true);
      return query();
    }
  }
}

/** The platform's own SQLite, or undefined where there is none (browsers, edge workers, Node before 22.13). */
function builtin(): typeof import("node:sqlite") | undefined {
  return globalThis.process?.getBuiltinModule?.("node:sqlite");
}

/** What has no SQLite, with its version, such as `Node 20.18.1`: the cure is often a newer one. */
export function runtimeWithoutSqlite(): string {
  const { deno, bun, node } = (globalThis.process?.versions ?? {}) as Partial<Record<string, string>>;
  if (deno !== undefined) return `Deno ${deno}`;
  if (bun !== undefined) return `Bun ${bun}`;
  return node === undefined ? "this runtime" : `Node ${node}`;
}

/** True where `openNodeSqlite()` works: Node 22.13 and later, Deno, Bun. */
export function hasNodeSqlite(): boolean {
  return builtin() !== undefined;
}

/**
 * Opens a SQLite file, or `:memory:`, with the SQLite that Node, Deno and Bun bring along.
 *
 * @throws ConfigurationError where the platform has none, or the file cannot be opened.
 */
export function openNodeSqlite(path: string, options: NodeSqliteOptions = {}): SqlDatabase {
  const sqlite = builtin();
  if (sqlite === undefined) {
    throw new ConfigurationError(
      `Cannot open "${path}" as ${runtimeWithoutSqlite()} has no built-in SQLite: use Node 22.13 or later, Deno or Bun, or give the database that "wasmDatabase()" of "tracklet/server" opens in memory`,
    );
  }
  let database: DatabaseSync;
  try {
    database = options.readOnly
      ? openReadOnly(sqlite, path, options.immutable === true)
      : new sqlite.DatabaseSync(path);
  } catch (error) {
    throw new ConfigurationError(
      `Cannot open "${path}" as a SQLite database: check that its folder exists and that you may write there (${(error as Error).message})`,
      { cause: error },
    );
  }
  try {
    const busyTimeout = options.busyTimeout ?? 5000;
    if (options.readOnly) database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    else tune(database, options.synchronous ?? "normal", busyTimeout);
  } catch (error) {
    // What the file is instead is told by whoever reads its tables first.
    if (!isNotDatabase(error)) {
      database.close();
      throw error;
    }
  }
  return new SqliteConnection({
    label: path,
    exec: (sql) => database.exec(sql),
    prepare: (sql) => new NodeStatement(database.prepare(sql)),
    close: () => database.close(),
  });
}

function openReadOnly({ DatabaseSync }: typeof import("node:sqlite"), path: string, immutable: boolean): DatabaseSync {
  if (immutable) {
    try {
      const url = globalThis.process.getBuiltinModule("node:url").pathToFileURL(path);
      return new DatabaseSync(`${url.href}?immutable=1`, { readOnly: true });
    } catch {
      // Node before 22.15 takes no address: SQLite then leaves two empty files beside this one.
    }
  }
  return new DatabaseSync(path, { readOnly: true });
}

/**
 * A new file gets a write-ahead log: readers such as `mlflow ui` then never stop the one that writes, and a commit
 * costs no flush. A file that exists keeps the journal of its maker.
 */
function tune(database: DatabaseSync, synchronous: "normal" | "full", busyTimeout: number): void {
  // The default is long enough for another process that makes the same file now.
  database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
  const one = (pragma: string): unknown => Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  const isNew = patiently(() => one("page_count"), busyTimeout) === 0;
  if (patiently(() => one(isNew ? "journal_mode = WAL" : "journal_mode"), busyTimeout) !== "wal") return;
  // 64 MB of cache and a log of 40 MB: without them SQLite copies index pages to the file all the time.
  database.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 10000`);
}

/**
 * Several processes may make the same file at once, and SQLite does not wait by itself where two of them change the
 * journal, as each would wait for the other.
 */
function patiently<T>(read: () => T, busyTimeout: number): T {
  for (let left = busyTimeout; ; left -= BUSY_PAUSE) {
    try {
      return read();
    } catch (error) {
      if (!isBusy(error) || left <= 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE);
    }
  }
}
