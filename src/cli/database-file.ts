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
    throw new ConfigurationError(
      `Cannot make the directory of "${file}": check the path and that you may write there`,
      {
        cause: error,
      },
    );
  }
  return openNodeSqlite(file);
}
