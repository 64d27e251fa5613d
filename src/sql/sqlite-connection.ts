import type { SqlDatabase, SqlStatement } from "./database.ts";
import { StatementCache } from "./statement-cache.ts";
import { createTransaction } from "./transaction.ts";

/** What an engine of SQLite does in its own way. */
export interface SqliteEngine<S extends SqlStatement> {
  /** What messages call the database. */
  readonly label: string;
  exec(sql: string): void;
  prepare(sql: string): S;
  /** Frees a statement that is not used any more, where the engine does not by itself. */
  release?(statement: S): void;
  close(): void;
}

/** An open database of any engine, with statements kept and transactions nested. */
export class SqliteConnection<S extends SqlStatement> implements SqlDatabase {
  readonly label: string;
  readonly transaction: <T>(body: () => T) => T;
  readonly #engine: SqliteEngine<S>;
  readonly #statements: StatementCache<S>;

  constructor(engine: SqliteEngine<S>) {
    this.label = engine.label;
    this.#engine = engine;
    this.#statements = new StatementCache(
      (sql) => engine.prepare(sql),
      (statement) => engine.release?.(statement),
    );
    this.transaction = createTransaction((sql) => engine.exec(sql));
  }

  exec(sql: string): void {
    this.#engine.exec(sql);
  }

  prepare(sql: string): SqlStatement {
    return this.#statements.get(sql);
  }

  close(): void {
    this.#statements.clear();
    this.#engine.close();
  }
}
