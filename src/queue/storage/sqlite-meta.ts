import type { SqlDatabase } from "../../sql/database.ts";

/** A text under its name. */
export function metaOf(database: SqlDatabase, name: string): string | undefined {
  const value = database.prepare("SELECT value FROM queue_meta WHERE name = ?").get(name)?.["value"];
  return value == null ? undefined : String(value);
}

/** Keeps a text under a name. */
export function keepMeta(database: SqlDatabase, name: string, value: string): void {
  database.prepare("INSERT OR REPLACE INTO queue_meta (name, value) VALUES (?, ?)").run(name, value);
}
