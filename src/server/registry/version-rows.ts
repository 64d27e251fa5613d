import type { SqlRow } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { refuse } from "../refusal.ts";
import { checkModelName, versionOf } from "./check-name.ts";
import { text } from "./row-values.ts";
import { deletedStage } from "./stages.ts";

/** A version of a registered model as the database keeps it. */
export interface VersionRow {
  /** SQLite's own number of the row, by which answers are loaded. */
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly source: string | undefined;
  readonly storageLocation: string | undefined;
  readonly runId: string | undefined;
}

const columns = "SELECT rowid AS id, name, version, source, storage_location, run_id FROM model_versions ";

/** The row of a version, or 404; deleted ones are not there. */
export function requireVersion({ db }: ServerContext, name: string, version: string): VersionRow {
  checkModelName(name);
  const row = db
    .prepare(`${columns} WHERE workspace = 'default' AND name = ? AND version = ? AND current_stage != ?`)
    .get(name, versionOf(version), deletedStage);
  if (row !== undefined) return versionRow(row);
  refuse(
    "RESOURCE_DOES_NOT_EXIST",
    `Model Version (name=${name.slice(0, 300)}, version=${version.slice(0, 100)}) not found`,
  );
}

/** The version of the greatest number, of one stage or of all; undefined where there is none. */
export function newestVersion({ db }: ServerContext, name: string, stage?: string): VersionRow | undefined {
  const row = db
    .prepare(
      `${columns} WHERE workspace = 'default' AND name = ?1 AND current_stage != ?2 AND (?3 IS NULL OR current_stage = ?3) ` +
        "ORDER BY version DESC LIMIT 1",
    )
    .get(name, deletedStage, stage ?? null);
  return row === undefined ? undefined : versionRow(row);
}

function versionRow(row: SqlRow): VersionRow {
  return {
    id: Number(row["id"]),
    name: String(row["name"]),
    version: Number(row["version"]),
    source: text(row["source"]),
    storageLocation: text(row["storage_location"]),
    runId: text(row["run_id"]),
  };
}

/** In which order the latest versions of the stages come: MLflow's search has another one than its other routes. */
export type StageOrder = "by-first-version" | "by-name";

/** The version of the greatest number in each stage of each model, by model. */
export function latestVersions({ db }: ServerContext, names: readonly string[], order: StageOrder): number[] {
  return db
    .prepare(`${latestSql} ORDER BY name, ${order === "by-name" ? "current_stage" : "first"}`)
    .all(JSON.stringify(names), deletedStage)
    .map(({ id }) => Number(id));
}

const latestSql: string =
  "SELECT id FROM (SELECT rowid AS id, name, current_stage, row_number() OVER stage AS place, " +
  "min(version) OVER (PARTITION BY name, current_stage) AS first FROM model_versions " +
  "WHERE workspace = 'default' AND name IN (SELECT value FROM json_each(?)) AND current_stage != ? " +
  "WINDOW stage AS (PARTITION BY name, current_stage ORDER BY version DESC)) WHERE place = 1";
