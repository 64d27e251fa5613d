import type { SqlDatabase } from "../../sql/database.ts";
import type { Destination } from "../destination.ts";

/** Where the data of a queue goes; undefined before somebody said so. */
export function destinationOf(database: SqlDatabase): Destination | undefined {
  const text = database.prepare("SELECT value FROM queue_meta WHERE name = 'destination'").get()?.["value"];
  try {
    const found = typeof text === "string" ? (JSON.parse(text) as Destination) : undefined;
    return typeof found?.uri === "string" ? found : undefined;
  } catch {
    // Damaged: what it is for is said anew.
    return undefined;
  }
}

/** Keeps a destination unless there is one, or in its place, and gives the one that stands. */
export function keepDestination(database: SqlDatabase, destination: Destination, anew: boolean): Destination {
  const stands = anew ? undefined : destinationOf(database);
  if (stands) return stands;
  const sql = "INSERT OR REPLACE INTO queue_meta (name, value) VALUES ('destination', ?)";
  database.prepare(sql).run(JSON.stringify(destination));
  return destination;
}
