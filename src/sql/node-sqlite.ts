import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ConfigurationError } from "../errors/index.ts";
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from "./database.ts";
import { shrinkBigInts } from "./safe-integers.ts";
import { StatementCache } from "./statement-cache.ts";
import { createTransaction } from "./transaction.ts";

/** How a file is opened. */
export interface NodeSqliteOptions {
  /**
   * Milliseconds that a statement blocks this thread while another process holds the lock. Kept short: the thread
   * may be one that trains, and the embedded server waits on without blocking.
   * @default 50
   */
  readonly busyTimeout?: number;
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

class NodeSqlite implements SqlDatabase {
  readonly label: string;
  readonly transaction: <T>(body: () => T) => T;
  readonly #database: DatabaseSync;
  readonly #statements: StatementCache<NodeStatement>;

  constructor(database: DatabaseSync, label: string) {
    this.label = label;
    this.#database = database;
    this.#statements = new StatementCache((sql) => new NodeStatement(database.prepare(sql)));
    this.transaction = createTransaction((sql) => database.exec(sql));
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): SqlStatement {
    return this.#statements.get(sql);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** The platform's own SQLite, or undefined where there is none (browsers, edge workers, Node before 22.13). */
function builtin(): typeof import("node:sqlite") | undefined {
  return globalThis.process?.getBuiltinModule?.("node:sqlite");
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
      `Cannot open "${path}" as this runtime has no built-in SQLite: use Node 22.13 or later, Deno or Bun, or give the database that "wasmDatabase()" of "tracklet/server" opens in memory`,
    );
  }
  let database: DatabaseSync;
  try {
    database = new sqlite.DatabaseSync(path);
  } catch (error) {
    throw new ConfigurationError(
      `Cannot open "${path}" as a SQLite database: check that its folder exists and that you may write there (${(error as Error).message})`,
      { cause: error },
    );
  }
  database.exec(`PRAGMA busy_timeout = ${Math.max(0, Math.trunc(options.busyTimeout ?? 50))}`);
  return new NodeSqlite(database, path);
}
