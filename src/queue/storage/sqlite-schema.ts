import { StorageError } from "../../errors/usage-errors.ts";
import type { SqlDatabase } from "../../sql/database.ts";
import { firstTerm } from "./first-term.ts";

/**
 * Statements that bring a queue from the version before to each version, the first from nothing to 1. A released one is
 * never changed. The version stands in a table, as Durable Objects have no `PRAGMA user_version`.
 *
 * `place` is the place in the order times 2^20, so that the children of a chunk have room between it and the next one
 * and the key stays an integer, which is SQLite's fastest. `body` comes last: what is before it lies in the row's own
 * page, and headers are read without touching the pages of the body.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE queue_state (
    id INTEGER PRIMARY KEY CHECK (id = 1), term INTEGER NOT NULL,
    beat INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 0,
    last_order INTEGER NOT NULL DEFAULT 0,
    waiting_points INTEGER NOT NULL DEFAULT 0, waiting_requests INTEGER NOT NULL DEFAULT 0,
    delivered_points INTEGER NOT NULL DEFAULT 0, delivered_requests INTEGER NOT NULL DEFAULT 0,
    quarantined_points INTEGER NOT NULL DEFAULT 0, quarantined_requests INTEGER NOT NULL DEFAULT 0,
    dropped_points INTEGER NOT NULL DEFAULT 0, dropped_requests INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0, blob_bytes INTEGER NOT NULL DEFAULT 0
  );
  ${["chunks", "quarantined"]
    .map(
      (table) => `
  CREATE TABLE ${table} (
    place INTEGER PRIMARY KEY, span INTEGER NOT NULL, writer TEXT NOT NULL, sequence INTEGER NOT NULL,
    run TEXT NOT NULL, kind TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL, sealed INTEGER NOT NULL, at INTEGER NOT NULL,
    attempted INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT, blob_bytes INTEGER NOT NULL, blob_type TEXT,
    reason TEXT, body BLOB NOT NULL
  );`,
    )
    .join("")}
  CREATE TABLE files (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE writers (writer TEXT PRIMARY KEY, last INTEGER NOT NULL, at INTEGER NOT NULL, tails TEXT) WITHOUT ROWID;
  CREATE TABLE runs (run TEXT PRIMARY KEY, at INTEGER NOT NULL, mapping TEXT, desired TEXT) WITHOUT ROWID;
  CREATE INDEX runs_at ON runs (at);
  CREATE TABLE open_runs (run TEXT PRIMARY KEY, writer TEXT NOT NULL, beat INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE accounts (
    run TEXT NOT NULL, writer TEXT NOT NULL, bucket INTEGER NOT NULL, lines BLOB, fates TEXT,
    PRIMARY KEY (run, writer, bucket)
  ) WITHOUT ROWID;
  `,
];

/**
 * Brings a database to the newest version, in one transaction.
 *
 * @throws StorageError when a newer version made it, which is left as it is, or when it is no queue.
 */
export function prepareSchema(database: SqlDatabase, steps: readonly string[] = migrations): void {
  // Most opens find all in place, and take no lock.
  if (readVersion(database) === steps.length) return;
  database.transaction(() => {
    const version = readVersion(database);
    if (version > steps.length) {
      throw new StorageError(
        `Cannot use the queue in "${database.label}" as its schema version must be at most ${steps.length}: current value is ${version}; update tracklet`,
        { fault: "newer" },
      );
    }
    for (const step of steps.slice(version)) database.exec(step);
    if (version === 0) {
      database.exec("CREATE TABLE queue_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
      database.prepare("INSERT INTO queue_state (id, term) VALUES (1, ?)").run(firstTerm());
    }
    database.prepare("INSERT OR REPLACE INTO queue_meta (name, value) VALUES ('version', ?)").run(String(steps.length));
  });
}

/** Version of the queue in a database; 0 when it is empty. */
function readVersion(database: SqlDatabase): number {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 20").all();
  if (!tables.some(({ name }) => name === "queue_meta")) {
    // Durable Objects keep tables of their own, with such names.
    const other = tables.find(({ name }) => !/^(sqlite|_cf)_/.test(String(name)));
    if (!other) return 0;
    throw new StorageError(
      `Cannot keep a queue in "${database.label}" as it must be a file of its own: it holds the table "${other["name"]}"`,
      { fault: "denied" },
    );
  }
  const version = Number(database.prepare("SELECT value FROM queue_meta WHERE name = 'version'").get()?.["value"]);
  // No release wrote that: the page was overwritten.
  if (!(version >= 1)) throw new Error("database disk image is malformed: the queue has no version");
  return version;
}
