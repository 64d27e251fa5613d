import type { SqlDatabase } from "../../../src/sql/database.ts";
import { hasNodeSqlite, openNodeSqlite } from "../../../src/sql/node-sqlite.ts";
import { wasmDatabase } from "../../../src/sql/wasm.ts";

/** An empty database in memory, on whatever SQLite the runtime has. */
export async function memoryDatabase(): Promise<SqlDatabase> {
  try {
    if (hasNodeSqlite()) return openNodeSqlite(":memory:");
  } catch {
    // workerd has the module, but no database behind it.
  }
  return wasmDatabase();
}
