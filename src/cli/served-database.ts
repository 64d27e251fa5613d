import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigurationError } from "../errors/index.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { openNodeSqlite } from "../sql/node-sqlite.ts";

/** Opens a database file, and makes its directory. @throws ConfigurationError when that cannot be done. */
export function openDatabaseFile(file: string): SqlDatabase {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new ConfigurationError(`Cannot make the directory of "${file}": check the path and that you may write there`, {
      cause: error,
    });
  }
  return openNodeSqlite(file);
}

/**
 * Tunes an open database for a server that many write to: readers never wait for a writer (WAL), a commit survives a
 * crash of the process without waiting for the disk (NORMAL), and pages stay in memory. Not before the schema is
 * accepted, as WAL is written into the file.
 */
export function tuneForServing(database: SqlDatabase): void {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536");
  database.exec("PRAGMA wal_autocheckpoint = 10000");
}
