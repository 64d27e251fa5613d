import { openNodeSqlite } from "../sql/node-sqlite.ts";

/** Where a database's artifacts lie. */
export interface ArtifactLayout {
  /** What locations of experiments start with: an absolute folder, or `mlflow-artifacts:/`. */
  readonly root: string;
  /** The folder that holds the files. */
  readonly folder: string;
}

/**
 * Finds out how an existing database names its artifacts, so that Python and we go on with one layout: a file that
 * local mode made holds absolute folders, one that `mlflow server` made holds `mlflow-artifacts:` addresses.
 * MLflow writes the location of experiment 0 when it makes the file.
 *
 * @param options.served Folder of the files of `mlflow-artifacts:` addresses: `mlartifacts` for MLflow.
 * @returns Undefined for a file that does not exist yet or says nothing about it.
 */
export function detectLayout(database: string, options: { served: string }): ArtifactLayout | undefined {
  const location = defaultLocation(database);
  if (location === undefined) return undefined;
  if (location.startsWith("mlflow-artifacts:")) return { root: "mlflow-artifacts:/", folder: options.served };
  const folder = location.startsWith("file://") ? decodeURIComponent(location.slice("file://".length)) : location;
  const base = /^(\/.*|[A-Za-z]:[\\/].*)[\\/]0$/s.exec(folder)?.[1];
  return base === undefined ? undefined : { root: base, folder: base };
}

/** Reads without complaint: a file that is no database of MLflow is refused, with the reason, by the server. */
function defaultLocation(path: string): string | undefined {
  const fs = process.getBuiltinModule("node:fs");
  if (!fs.existsSync(path)) return undefined;
  try {
    const database = openNodeSqlite(path);
    try {
      const row = database.prepare("SELECT artifact_location FROM experiments WHERE experiment_id = 0").get();
      return typeof row?.["artifact_location"] === "string" ? row["artifact_location"] : undefined;
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
