import { joinBytes } from "../../internal/join-bytes.ts";
import type { SqlDatabase } from "../../sql/database.ts";

/** Bytes of a part, well below what any row may be; what is not longer lies where it belongs. */
const PART = 1_048_576;

/** Keeps values in parts that are longer than a row may be, by name. */
export interface LargeValues {
  /** True when a value is so long that it was kept here; else nothing is. */
  put(name: string, bytes: Uint8Array): boolean;
  get(name: string): Uint8Array<ArrayBuffer> | undefined;
  remove(name: string): void;
}

/** Name of the body of a chunk, which it has in quarantine as well. */
export function bodyName(place: number): string {
  return `chunk ${place}`;
}

/** Name of the state that a run shall have. */
export function stateName(run: string): string {
  return `run ${run}`;
}

/** Name of what a writer counted of a run. */
export function linesName(run: string, writer: string, bucket: number): string {
  return `lines ${run} ${writer} ${bucket}`;
}

/** True for what may lie in parts. */
export function isLong(bytes: number): boolean {
  return bytes > PART;
}

/**
 * Long values in a database whose rows have a bound, such as that of a Durable Object with its 2 MB. A dataset with its
 * profile may be longer, as may all tags of a run together, or a key that was refused at the call and is counted.
 */
export function largeValues(database: SqlDatabase): LargeValues {
  database.exec(
    "CREATE TABLE IF NOT EXISTS parts (name TEXT, part INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID",
  );
  // With a run its state and its accounts are forgotten, by who knows nothing of this table.
  database.exec(`
    DELETE FROM parts WHERE name LIKE 'run %' AND name NOT IN (SELECT 'run ' || run FROM runs);
    DELETE FROM parts WHERE name LIKE 'lines %'
      AND name NOT IN (SELECT 'lines ' || run || ' ' || writer || ' ' || bucket FROM accounts);
  `);
  const remove = (name: string): void => void database.prepare("DELETE FROM parts WHERE name = ?").run(name);
  return {
    put(name, bytes) {
      if (!isLong(bytes.length)) return false;
      remove(name);
      const put = database.prepare("INSERT INTO parts (name, part, bytes) VALUES (?, ?, ?)");
      for (let at = 0; at < bytes.length; at += PART) put.run(name, at / PART, bytes.subarray(at, at + PART));
      return true;
    },
    get(name) {
      const rows = database.prepare("SELECT bytes FROM parts WHERE name = ? ORDER BY part").all(name);
      return rows.length === 0 ? undefined : joinBytes(rows.map((row) => row["bytes"] as Uint8Array));
    },
    remove,
  };
}
