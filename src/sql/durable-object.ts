import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from "./database.ts";

/** What can be bound in a Durable Object, and comes back: no bigint, and bytes as a buffer. */
type ObjectValue = null | number | string | ArrayBuffer | ArrayBufferView;

/** The part of `ctx.storage` of a Durable Object with SQLite that is used here. */
export interface DurableObjectSqlStorage {
  readonly sql: {
    exec(query: string, ...bindings: never[]): { toArray(): Record<string, unknown>[] };
  };
  transactionSync<T>(body: () => T): T;
}

/** The only setting that a server makes and an object refuses; nobody else can hold a lock of its database. */
const REFUSED_PRAGMA = /^\s*PRAGMA busy_timeout = \d+;?\s*$/;

/**
 * The SQLite database of a Durable Object, for `createServer()` in an object of one's own. The class must be one of
 * `new_sqlite_classes` in the Worker's configuration.
 *
 * Cloudflare limits what one statement may be: 100 bound values, 2 MB a row; numbers come back exactly up to 2^53 only.
 * The embedded server and the queue keep within that.
 *
 * @example
 * ```ts no-run
 * import { createServer } from "tracklet/server";
 * import { type DurableObjectSqlStorage, durableObjectDatabase } from "tracklet/workers";
 *
 * export class Experiments {
 *   readonly fetch: (request: Request) => Promise<Response>;
 *
 *   constructor(ctx: { readonly storage: DurableObjectSqlStorage }) {
 *     this.fetch = createServer({ database: durableObjectDatabase(ctx.storage) }).fetch;
 *   }
 * }
 * ```
 */
export function durableObjectDatabase(storage: DurableObjectSqlStorage): SqlDatabase {
  const query = (text: string, values: readonly SqlValue[] = []): Record<string, unknown>[] =>
    storage.sql.exec(text, ...(values.map(toBinding) as never[])).toArray();
  // The platform keeps statements by their text itself.
  const prepare = (text: string): SqlStatement => ({
    run(...values) {
      query(text, values);
      // `rowsWritten` of the platform counts the rows of indexes, too.
      return Number(query("SELECT changes() AS changed")[0]?.["changed"]);
    },
    get: (...values) => query(text, values).map(toRow)[0],
    all: (...values) => query(text, values).map(toRow),
  });
  return {
    label: "Durable Object",
    exec(text) {
      if (!REFUSED_PRAGMA.test(text)) query(text);
    },
    prepare,
    // BEGIN and SAVEPOINT are refused; this one nests, and rolls back alone.
    transaction: (body) => storage.transactionSync(body),
    close() {},
  };
}

/** int64 as text: a column for integers turns it back into one, exactly. */
function toBinding(value: SqlValue): ObjectValue {
  return typeof value === "bigint" ? String(value) : value;
}

function toRow(row: Record<string, unknown>): SqlRow {
  for (const name in row) {
    const value = row[name];
    if (value instanceof ArrayBuffer) row[name] = new Uint8Array(value);
  }
  return row as SqlRow;
}
