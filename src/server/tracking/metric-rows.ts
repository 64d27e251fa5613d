import type { ServerContext } from "../context.ts";
import { refuse } from "../refusal.ts";
import type { MetricPoint } from "./metric-batch.ts";

/** All six columns are the primary key, so a point that is sent twice stays one row. */
const insertSql: string =
  "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
/** The latest value is that of the greatest step, then timestamp, then value; NaN is kept as value 0 and compares so. */
const latestSql: string =
  "INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?) " +
  "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, " +
  "step = excluded.step, is_nan = excluded.is_nan WHERE (excluded.step, excluded.timestamp, excluded.value) > " +
  "(latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)";

/**
 * Writes points and keeps `latest_metrics`, which all searches read. Call it in a transaction.
 * Only the latest point of each key in the batch can become the run's latest.
 */
export function writeMetrics({ db }: ServerContext, runId: string, points: readonly MetricPoint[]): void {
  const insert = db.prepare(insertSql);
  const latest = new Map<string, MetricPoint>();
  for (const point of points) {
    insert.run(point.key, point.value, point.timestamp, runId, point.step, point.isNan);
    const known = latest.get(point.key);
    if (known === undefined || isLater(point, known)) latest.set(point.key, point);
  }
  const update = db.prepare(latestSql);
  for (const point of latest.values()) {
    update.run(point.key, point.value, point.timestamp, runId, point.step, point.isNan);
  }
}

function isLater(a: MetricPoint, b: MetricPoint): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return a.value > b.value;
}

/**
 * Writes the points that name a model to the model as well. MLflow stores the run's metrics before it finds out that
 * the model does not exist; here the whole request is refused.
 */
export function writeModelMetrics(
  { db }: ServerContext,
  runId: string,
  experimentId: number,
  points: readonly MetricPoint[],
): void {
  for (const { key, value, timestamp, step, model } of points) {
    if (model === undefined) continue;
    const known = db.prepare("SELECT experiment_id FROM logged_models WHERE model_id = ?").get(model.modelId);
    if (known === undefined) {
      refuse(
        "BAD_REQUEST",
        `Cannot log metric '${key}' to model '${model.modelId.slice(0, 100)}' as there is no such logged model`,
      );
    }
    const dataset = db
      .prepare("SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?")
      .get(experimentId, model.datasetName ?? null, model.datasetDigest ?? null);
    const row = [
      model.modelId,
      key,
      timestamp,
      step,
      value,
      experimentId,
      runId,
      dataset?.["dataset_uuid"] ?? null,
      model.datasetName ?? null,
      model.datasetDigest ?? null,
    ] as const;
    const written = db
      .prepare(`INSERT INTO logged_model_metrics VALUES (${row.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`)
      .run(...row);
    if (written > 0) continue;
    const same = db
      .prepare(
        "SELECT 1 FROM logged_model_metrics WHERE model_id = ? AND metric_name = ? AND metric_timestamp_ms = ? AND metric_step = ? AND metric_value IS ? AND run_id = ? AND dataset_name IS ? AND dataset_digest IS ?",
      )
      .get(row[0], row[1], row[2], row[3], row[4], row[6], row[8], row[9]);
    if (same === undefined) {
      refuse(
        "BAD_REQUEST",
        `Cannot log metric '${key}' to model '${model.modelId}' as it has another value or dataset at this step and time`,
      );
    }
  }
}
