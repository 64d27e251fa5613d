import type { SqlDatabase } from "../../sql/database.ts";

/** What the leader last let the others know. */
export function saidBy(database: SqlDatabase): string {
  return String(database.prepare("SELECT value FROM queue_meta WHERE name = 'leader'").get()?.["value"] ?? "");
}

/** Keeps what the leader lets the others know. */
export function say(database: SqlDatabase, says: string): void {
  database.prepare("INSERT OR REPLACE INTO queue_meta (name, value) VALUES ('leader', ?)").run(says);
}
