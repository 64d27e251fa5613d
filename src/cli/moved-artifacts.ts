import { existsSync } from "node:fs";
import type { SqlDatabase } from "../sql/database.ts";

/** Where MLflow's local mode keeps absolute paths. */
const columns = [
  ["experiments", "artifact_location"],
  ["runs", "artifact_uri"],
  ["logged_models", "artifact_location"],
  ["model_versions", "source"],
  ["model_versions", "storage_location"],
] as const;

/**
 * The folder that the experiments of a local store name, when it is gone and `folder` is there instead: someone moved
 * or copied the store. Undefined when all is well or the store is of another layout.
 */
export function movedFolder(database: SqlDatabase, folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const rows = database.prepare("SELECT DISTINCT artifact_location AS location FROM experiments").all();
  for (const { location } of rows) {
    const base = /^(\/.*)\/\d+$/s.exec(String(location))?.[1];
    if (base !== undefined && base !== folder && !existsSync(base)) return base;
  }
  return undefined;
}

/** Rewrites every path below `from` to the same path below `to`, in one transaction. @returns The number of paths. */
export function moveArtifacts(database: SqlDatabase, from: string, to: string): number {
  return database.transaction(() => {
    let changed = 0;
    for (const [table, column] of columns) {
      const sql = `UPDATE ${table} SET ${column} = ? || substr(${column}, ?) WHERE substr(${column}, 1, ?) = ?`;
      changed += database.prepare(sql).run(to, from.length + 1, from.length + 1, `${from}/`);
    }
    return changed;
  });
}
