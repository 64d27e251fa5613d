import { ConfigurationError } from "../../errors/usage-errors.ts";
import type { SqlDatabase } from "../../sql/database.ts";
import { isNotDatabase } from "../../sql/sql-errors.ts";
import { olderRevisions } from "./older-revisions.ts";
import { type Revision, revisions } from "./revisions.ts";

/** What a file holds. */
export type SchemaState =
  | { readonly state: "empty" }
  | { readonly state: "supported"; readonly revision: Revision }
  /** A revision that this server does not speak; `age` where the revision is known. */
  | { readonly state: "other-revision"; readonly id: string; readonly age: "older" | "unknown" }
  /** Stamped with a supported revision, but tables are missing. */
  | { readonly state: "incomplete"; readonly revision: Revision; readonly missing: readonly string[] }
  /** Tables, but no stamp of MLflow. */
  | { readonly state: "foreign"; readonly tables: readonly string[] };

/**
 * Looks at a database without changing it.
 *
 * @throws ConfigurationError when the file is not a SQLite database.
 */
export function inspectSchema(db: SqlDatabase): SchemaState {
  let tables: string[];
  try {
    tables = db
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name",
      )
      .all()
      .map((row) => String(row["name"]));
  } catch (error) {
    if (!isNotDatabase(error)) throw error;
    throw new ConfigurationError(
      `Cannot use "${db.label}" as a database as it must be a SQLite file: it holds something else, name another file`,
      { cause: error },
    );
  }
  if (tables.length === 0) return { state: "empty" };
  if (!tables.includes("alembic_version")) return { state: "foreign", tables };
  const id = String(db.prepare("SELECT version_num FROM alembic_version").get()?.["version_num"] ?? "");
  const revision = revisions.find((known) => known.id === id);
  if (revision === undefined) {
    return { state: "other-revision", id, age: olderRevisions.includes(id) ? "older" : "unknown" };
  }
  const missing = revision.tables.map((table) => table.name).filter((name) => !tables.includes(name));
  return missing.length === 0 ? { state: "supported", revision } : { state: "incomplete", revision, missing };
}
