import type { SqlRow, SqlValue } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { double, type JsonObject, list, RawJson } from "../json.ts";

const statuses = [
  "LOGGED_MODEL_STATUS_UNSPECIFIED",
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
];

const among = "WHERE model_id IN (SELECT value FROM json_each(?))";
const modelSql: string =
  "SELECT model_id, experiment_id, name, artifact_location, CAST(creation_timestamp_ms AS TEXT) AS created, " +
  "CAST(last_updated_timestamp_ms AS TEXT) AS updated, status, model_type, source_run_id, status_message " +
  `FROM logged_models ${among}`;
const paramSql: string = `SELECT model_id, param_key AS key, param_value AS value FROM logged_model_params ${among}`;
const tagSql: string = `SELECT model_id, tag_key AS key, tag_value AS value FROM logged_model_tags ${among}`;
// int64 as text: numbers of JavaScript end at 2^53.
const metricSql: string =
  "SELECT model_id, metric_name, metric_value, CAST(metric_timestamp_ms AS TEXT) AS time, " +
  "CAST(metric_step AS TEXT) AS place, run_id, dataset_name, dataset_digest FROM logged_model_metrics " +
  `${among} ORDER BY metric_name, metric_timestamp_ms, metric_step, run_id`;

/** Logged models as MLflow answers them, in the order of the ids; ids that are not there are left out. */
export function loadLoggedModels({ db, artifactRoot }: ServerContext, modelIds: readonly string[]): JsonObject[] {
  const ids = JSON.stringify(modelIds);
  const all = (sql: string): SqlRow[] => db.prepare(sql).all(ids);
  const models = new Map<SqlValue, SqlRow>();
  for (const model of all(modelSql)) models.set(model["model_id"] ?? null, model);
  const params = grouped(all(paramSql), pairOf);
  const tags = grouped(all(tagSql), pairOf);
  const metrics = grouped(all(metricSql), metricOf);
  return modelIds.flatMap((id) => {
    const model = models.get(id);
    if (model === undefined) return [];
    return {
      info: {
        model_id: id,
        experiment_id: String(model["experiment_id"]),
        name: text(model["name"]),
        creation_timestamp_ms: new RawJson(String(model["created"])),
        last_updated_timestamp_ms: new RawJson(String(model["updated"])),
        artifact_uri: artifactRoot.toPublic(String(model["artifact_location"])),
        status: statuses[Number(model["status"])] ?? statuses[0],
        model_type: text(model["model_type"]),
        source_run_id: text(model["source_run_id"]),
        status_message: text(model["status_message"]),
        tags: list(tags.get(id) ?? []),
      },
      data: { params: list(params.get(id) ?? []), metrics: list(metrics.get(id) ?? []) },
    };
  });
}

function pairOf(row: SqlRow): JsonObject {
  return { key: text(row["key"]), value: text(row["value"]) ?? "" };
}

function metricOf(row: SqlRow): JsonObject {
  return {
    key: text(row["metric_name"]),
    value: double(Number(row["metric_value"])),
    timestamp: new RawJson(String(row["time"])),
    step: new RawJson(String(row["place"])),
    dataset_name: text(row["dataset_name"]) || undefined,
    dataset_digest: text(row["dataset_digest"]) || undefined,
    model_id: text(row["model_id"]),
    run_id: text(row["run_id"]),
  };
}

function grouped(rows: readonly SqlRow[], read: (row: SqlRow) => JsonObject): Map<SqlValue, JsonObject[]> {
  const groups = new Map<SqlValue, JsonObject[]>();
  for (const row of rows) {
    const id = row["model_id"] ?? null;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [read(row)]);
    else group.push(read(row));
  }
  return groups;
}

function text(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
