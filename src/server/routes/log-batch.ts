import type { ServerContext } from "../context.ts";
import { Fields } from "../fields.ts";
import type { Json } from "../json.ts";
import { refuseValue } from "../refusal.ts";
import type { RequestFields, Route } from "../route.ts";
import { limits } from "../tracking/limits.ts";
import { type MetricPoint, readMetrics } from "../tracking/metric-batch.ts";
import { writeMetrics, writeModelMetrics } from "../tracking/metric-rows.ts";
import { checkDistinctParams, paramOf, writeParams } from "../tracking/param-rows.ts";
import { refuseAsBefore } from "../tracking/resent-points.ts";
import { requireActiveRun, runIdOf } from "../tracking/run-rows.ts";
import { runTagOf, writeRunTags } from "../tracking/tag-rows.ts";

/** Metrics one by one and in batches with params and tags. */
export const logBatchRoutes: readonly Route[] = [
  { method: "POST", path: "/api/2.0/mlflow/runs/log-batch", handle: logBatch },
  { method: "POST", path: "/api/2.0/mlflow/runs/log-metric", handle: logMetric },
];

function logMetric(context: ServerContext, request: RequestFields): Json {
  const id = runIdOf(new Fields(request));
  const points = readMetrics([request], () => "");
  context.db.transaction(() => writePoints(context, id, points));
  return {};
}

/**
 * All or nothing, in one transaction: MLflow commits params, metrics and tags one after the other, and leaves the
 * first ones behind when a later one fails.
 */
function logBatch(context: ServerContext, request: RequestFields): Json {
  const fields = new Fields(request);
  const id = runIdOf(fields);
  const metrics = listOf(fields, "metrics", limits.batchMetrics);
  const paramList = listOf(fields, "params", limits.batchParams);
  const tagList = listOf(fields, "tags", limits.batchTags);
  const total = metrics.length + paramList.length + tagList.length;
  if (total > limits.batchItems) tooMany("metrics, params, and tags", limits.batchItems, total);
  const points = readMetrics(metrics, (index) => `metrics[${index}].`);
  const params = fields.messages("params").map(paramOf);
  checkDistinctParams(params);
  const tags = fields.messages("tags").map(runTagOf);
  refuseAsBefore(context, id, points, () => writeParams(context, id, params));
  context.db.transaction(() => {
    if (points.length > 0) writePoints(context, id, points);
    else requireActiveRun(context, id);
    if (params.length > 0) writeParams(context, id, params);
    if (tags.length > 0) writeRunTags(context, id, tags);
  });
  return {};
}

function writePoints(context: ServerContext, runId: string, points: readonly MetricPoint[]): void {
  const run = requireActiveRun(context, runId);
  writeMetrics(context, runId, points);
  if (points.some((point) => point.model !== undefined)) {
    writeModelMetrics(context, runId, Number(run["experiment_id"]), points);
  }
}

function listOf(fields: Fields, name: string, limit: number): readonly unknown[] {
  const list = fields.list(name);
  if (list.length > limit) tooMany(name, limit, list.length);
  return list;
}

function tooMany(what: string, limit: number, got: number): never {
  refuseValue(
    `A batch logging request can contain at most ${limit} ${what}. Got ${got} ${what}. Please split up ${what} across multiple requests and try again.`,
  );
}
