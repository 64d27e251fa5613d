import type { SqlDatabase } from "../src/sql/database.ts";

/** Opens SQLite in memory: the runtime's own where it has one, else WASM. Loaded when the first request comes. */
export async function defaultDatabase(): Promise<SqlDatabase> {
  const { hasNodeSqlite, openNodeSqlite } = await import("../src/sql/node-sqlite.ts");
  if (hasNodeSqlite()) return openNodeSqlite(":memory:");
  const { wasmDatabase } = await import("../src/sql/wasm.ts");
  return wasmDatabase();
}

/** Deletes every row but the mark of the schema's revision. */
export function emptyDatabase(db: SqlDatabase): void {
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  db.transaction(() => {
    db.exec("PRAGMA defer_foreign_keys = ON");
    for (const { name } of tables) {
      if (name !== "alembic_version") db.exec(`DELETE FROM "${String(name)}"`);
    }
  });
}
