/** What can be bound to a parameter. Booleans are bound as 0 and 1 by the caller; NaN would become NULL. */
export type SqlValue = null | number | bigint | string | Uint8Array;
/** One result row by column name. */
export type SqlRow = Record<string, SqlValue>;

/** A prepared statement, reused. */
export interface SqlStatement {
  /** Runs a statement that returns no rows; gives the number of rows it changed. */
  run(...values: SqlValue[]): number;
  /** First row, or undefined. Integers beyond 2^53 come as bigint; -2^63 itself only as `CAST(... AS TEXT)`. */
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

/** The synchronous SQL port: one open SQLite database, whatever engine runs it. */
export interface SqlDatabase {
  /** Runs statements without parameters, separated by semicolons. */
  exec(sql: string): void;
  /** Statements are cached by text by the adapter, so preparing twice is free. */
  prepare(sql: string): SqlStatement;
  /** Runs `body` in a transaction (BEGIN IMMEDIATE; nests by savepoints) and rolls back if it throws. */
  transaction<T>(body: () => T): T;
  close(): void;
  /** What people call it: a file name or `:memory:`. */
  readonly label: string;
}
