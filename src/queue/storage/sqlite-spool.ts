import type { SqlDatabase } from "../../sql/database.ts";
import type { Spool } from "./spool.ts";

/** Bytes of a row, below the 2 MB that a Durable Object takes. */
const PART = 1_048_576;

/**
 * Bodies of artifacts in the database of a queue, for where there are no files. They lie in parts of 1 MiB, as rows have
 * a bound.
 */
export function sqlSpool(database: SqlDatabase, now: () => number): Spool {
  database.exec(
    "CREATE TABLE IF NOT EXISTS spool (name TEXT, part INTEGER, at INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID",
  );
  const has = (name: string): boolean =>
    database.prepare("SELECT 1 AS found FROM spool WHERE name = ? LIMIT 1").get(name) !== undefined;
  const remove = (name: string): void => void database.prepare("DELETE FROM spool WHERE name = ?").run(name);
  return {
    async write(name, body) {
      const bytes = new Uint8Array(await body.arrayBuffer());
      database.transaction(() => {
        remove(name);
        const put = database.prepare("INSERT INTO spool (name, part, at, bytes) VALUES (?, ?, ?, ?)");
        // An empty body has one part, too, so that it is known to be there.
        for (let part = 0; part === 0 || part * PART < bytes.length; part++) {
          put.run(name, part, now(), bytes.subarray(part * PART, (part + 1) * PART));
        }
      });
    },
    async open(name, size, type) {
      if (!has(name)) return undefined;
      const parts = database
        .prepare("SELECT bytes FROM spool WHERE name = ? ORDER BY part")
        .all(name)
        .map((row) => row["bytes"] as Uint8Array<ArrayBuffer>);
      const blob = new Blob(parts, { type });
      return blob.size === size ? blob : undefined;
    },
    has,
    remove,
    olderThan: (time) =>
      database
        .prepare("SELECT name FROM spool WHERE part = 0 AND at < ?")
        .all(time)
        .map((row) => String(row["name"])),
  };
}
