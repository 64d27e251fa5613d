import { ValidationError } from "../errors/usage-errors.ts";
import { keyProblem, limits } from "./limits.ts";
import { pointProblem } from "./point-problem.ts";
import { fromMetricPoint } from "./map/metric.ts";
import type { LogBatch, MetricPoint } from "./types/entities.ts";

/**
 * The JSON body of a `log-batch` request.
 *
 * @throws ValidationError when MLflow would refuse it or silently lose a part of it.
 */
export function encodeBatch(batch: LogBatch): string {
  const { runId, metrics = [], params = [], tags = [] } = batch;
  const all = metrics.length + params.length + tags.length;
  if (
    metrics.length > limits.metricsPerBatch ||
    params.length > limits.paramsPerBatch ||
    tags.length > limits.tagsPerBatch ||
    all > limits.itemsPerBatch
  ) {
    throw new ValidationError(
      `Cannot log a batch as it must have at most 1000 metrics, 100 params and 100 tags, 1000 in all: current sizes are ${metrics.length}, ${params.length} and ${tags.length}`,
    );
  }
  for (const metric of metrics) checkPoint(metric);
  for (const param of params) checkPair("param", param.key, param.value);
  for (const tag of tags) checkPair("tag", tag.key, tag.value);
  return JSON.stringify({ run_id: runId, metrics: metrics.map(fromMetricPoint), params, tags });
}

/** @throws ValidationError when MLflow would refuse the point or silently lose a part of it. */
export function checkPoint({ key, value, timestamp, step }: MetricPoint): void {
  const problem = keyProblem(key) ?? pointProblem(value, timestamp, step);
  if (problem !== undefined)
    throw new ValidationError(`Cannot log metric "${shorten(key)}" as it must ${problem}`, { key });
}

/** @throws ValidationError when the key is none of MLflow's, or the value is not text. */
export function checkPair(kind: "param" | "tag", key: string, value: string): void {
  const problem =
    keyProblem(key) ?? (typeof value === "string" ? undefined : `have text as value: current value is ${typeof value}`);
  if (problem !== undefined)
    throw new ValidationError(`Cannot log ${kind} "${shorten(key)}" as it must ${problem}`, { key });
}

function shorten(key: unknown): string {
  const text = String(key);
  return (text.length > 80 ? `${text.slice(0, 79)}…` : text).toWellFormed();
}
