import type { SqlRow, SqlValue } from "../../sql/database.ts";
import type { ServerContext } from "../context.ts";
import { doubleText, type JsonObject, RawJson } from "../json.ts";

/** JSON texts of the rows of one run, by run. */
type TextsByRun = Map<SqlValue, string[]>;

/**
 * Runs as `runs/get` and `runs/search` answer them, in the order of the ids; ids that are not there are left out.
 * A few queries however many runs there are. What there can be thousands of is written as JSON text right away.
 */
export function loadRuns({ db, artifactRoot, compat }: ServerContext, runIds: readonly string[]): JsonObject[] {
  const ids = JSON.stringify(runIds);
  const all = (sql: string): SqlRow[] => db.prepare(sql).all(ids);
  const runs = new Map<SqlValue, SqlRow>();
  for (const run of all(runSql)) runs.set(run["run_uuid"] ?? null, run);
  const metrics = grouped(all(metricSql), metricText);
  const params = grouped(all(paramSql), keyValueText);
  const tags = grouped(all(tagSql), keyValueText);
  const links = all(linkSql);
  const datasets = links.length === 0 ? undefined : loadDatasets(all);
  const models = links.filter((link) => link["source_type"] !== "DATASET");
  const modelInputs = grouped(
    models.filter((link) => link["source_type"] === "RUN_INPUT"),
    modelInputText,
  );
  const modelOutputs = grouped(
    models.filter((link) => link["source_type"] === "RUN_OUTPUT"),
    modelOutputText,
  );

  return runIds.flatMap((id) => {
    const run = runs.get(id);
    if (run === undefined) return [];
    return {
      info: runInfo(run, artifactRoot.toPublic),
      data: { metrics: array(metrics.get(id)), params: array(params.get(id)), tags: array(tags.get(id)) },
      inputs: { dataset_inputs: array(datasets?.get(id)), model_inputs: array(modelInputs.get(id)) },
      outputs: compat.release2 ? undefined : { model_outputs: array(modelOutputs.get(id)) },
    };
  });
}

const among = "IN (SELECT value FROM json_each(?))";
const runSql: string =
  "SELECT run_uuid, experiment_id, name, user_id, status, CAST(start_time AS TEXT) AS start_time, " +
  `CAST(end_time AS TEXT) AS end_time, artifact_uri, lifecycle_stage FROM runs WHERE run_uuid ${among}`;
// int64 as text: numbers of JavaScript, and some drivers, end at 2^53.
const metricSql: string =
  "SELECT run_uuid, key, value, is_nan, CAST(timestamp AS TEXT) AS timestamp, CAST(step AS TEXT) AS step " +
  `FROM latest_metrics WHERE run_uuid ${among}`;
const paramSql: string = `SELECT run_uuid, key, value FROM params WHERE run_uuid ${among}`;
const tagSql: string = `SELECT run_uuid, key, value FROM tags WHERE run_uuid ${among}`;
const linkSql: string =
  "SELECT source_type, destination_id AS run_uuid, source_id AS model_id, step FROM inputs " +
  `WHERE destination_type = 'RUN' AND source_type = 'DATASET' AND destination_id ${among} UNION ALL ` +
  "SELECT source_type, source_id, destination_id, step FROM inputs " +
  `WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id ${among.replace("?", "?1")}`;
const datasetSql: string =
  "SELECT i.destination_id AS run_uuid, i.input_uuid, d.name, d.digest, d.dataset_source_type AS source_type, " +
  "d.dataset_source AS source, d.dataset_schema AS schema, d.dataset_profile AS profile " +
  "FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id " +
  `WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id ${among}`;
const inputTagSql: string =
  "SELECT g.input_uuid AS run_uuid, g.name AS key, g.value FROM input_tags g JOIN inputs i ON i.input_uuid = g.input_uuid " +
  `WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id ${among}`;

/** `run.info` of MLflow; `toPublic` gives an artifact URI the form that clients are told. */
export function runInfo(run: SqlRow, toPublic: (uri: string) => string): JsonObject {
  const id = text(run["run_uuid"]);
  const uri = run["artifact_uri"];
  return {
    run_uuid: id,
    experiment_id: run["experiment_id"] === null ? undefined : String(run["experiment_id"]),
    run_name: text(run["name"]),
    user_id: text(run["user_id"]),
    status: text(run["status"]),
    start_time: integer(run["start_time"]),
    end_time: integer(run["end_time"]),
    artifact_uri: typeof uri === "string" ? toPublic(uri) : undefined,
    lifecycle_stage: text(run["lifecycle_stage"]),
    run_id: id,
  };
}

function loadDatasets(all: (sql: string) => SqlRow[]): TextsByRun {
  const tags = grouped(all(inputTagSql), keyValueText);
  return grouped(all(datasetSql), (row) => {
    const facts = ["name", "digest", "source_type", "source", "schema", "profile"].flatMap((name) => {
      const value = row[name];
      return typeof value === "string" ? `"${name}": ${JSON.stringify(value)}` : [];
    });
    const own = tags.get(row["input_uuid"] ?? null);
    return `{${own === undefined ? "" : `"tags": [${own.join(", ")}], `}"dataset": {${facts.join(", ")}}}`;
  });
}

function grouped(rows: readonly SqlRow[], write: (row: SqlRow) => string): TextsByRun {
  const groups: TextsByRun = new Map();
  for (const row of rows) {
    const id = row["run_uuid"] ?? null;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [write(row)]);
    else group.push(write(row));
  }
  return groups;
}

function metricText(row: SqlRow): string {
  const value = Number(row["is_nan"]) === 1 ? '"NaN"' : doubleText(Number(row["value"]));
  return `{"key": ${JSON.stringify(row["key"])}, "value": ${value}, "timestamp": ${row["timestamp"]}, "step": ${row["step"]}}`;
}

function keyValueText(row: SqlRow): string {
  return `{"key": ${JSON.stringify(row["key"])}, "value": ${JSON.stringify(row["value"] ?? "")}}`;
}

function modelInputText(row: SqlRow): string {
  return `{"model_id": ${JSON.stringify(row["model_id"])}}`;
}

function modelOutputText(row: SqlRow): string {
  return `{"model_id": ${JSON.stringify(row["model_id"])}, "step": ${row["step"]}}`;
}

function array(texts: readonly string[] | undefined): RawJson | undefined {
  return texts === undefined ? undefined : new RawJson(`[${texts.join(", ")}]`);
}

function text(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function integer(value: SqlValue | undefined): RawJson | undefined {
  return value === null || value === undefined ? undefined : new RawJson(String(value));
}
