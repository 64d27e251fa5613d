import { openNodeSqlite } from "../../src/sql/node-sqlite.ts";
import type { SqlDatabase } from "../../src/sql/database.ts";

/** Opens a SQLite file behind the back of everybody, for one look or one change. */
export function withSqliteFile<T>(path: string, body: (database: SqlDatabase) => T): T {
  const database = openNodeSqlite(path);
  try {
    return body(database);
  } finally {
    database.close();
  }
}
