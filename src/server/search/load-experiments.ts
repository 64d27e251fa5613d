import type { SqlRow, SqlValue } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { type JsonObject, list } from "../json.ts";

const among = "IN (SELECT value FROM json_each(?))";
const experimentSql: string =
  "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace " +
  `FROM experiments WHERE experiment_id ${among}`;
const tagSql: string = `SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id ${among}`;

/** Experiments as MLflow answers them, in the order of the ids; ids that are not there are left out. Two queries. */
export function loadExperiments(context: ServerContext, ids: readonly number[]): JsonObject[] {
  const { db, artifactRoot, compat } = context;
  const wanted = JSON.stringify(ids);
  const tags = new Map<number, JsonObject[]>();
  for (const { experiment_id, key, value } of db.prepare(tagSql).all(wanted)) {
    const group = tags.get(Number(experiment_id)) ?? [];
    group.push({ key: String(key), value: String(value ?? "") });
    tags.set(Number(experiment_id), group);
  }
  const rows = new Map<number, SqlRow>();
  for (const row of db.prepare(experimentSql).all(wanted)) rows.set(Number(row["experiment_id"]), row);

  return ids.flatMap((id) => {
    const row = rows.get(id);
    if (row === undefined) return [];
    const location = row["artifact_location"];
    return {
      experiment_id: String(id),
      name: String(row["name"]),
      artifact_location: typeof location === "string" ? artifactRoot.toPublic(location) : undefined,
      lifecycle_stage: String(row["lifecycle_stage"]),
      last_update_time: integer(row["last_update_time"]),
      creation_time: integer(row["creation_time"]),
      tags: list(tags.get(id) ?? []),
      workspace: compat.release2 ? undefined : String(row["workspace"] ?? "default"),
    };
  });
}

function integer(value: SqlValue | undefined): number | bigint | undefined {
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}
