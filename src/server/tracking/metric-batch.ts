import { toDouble, toInt64 } from "../fields.ts";
import { show } from "../fields.ts";
import { refuseValue } from "../refusal.ts";
import type { RequestFields } from "../route.ts";
import { checkKey } from "./check-key.ts";

/** What a metric says about the model and dataset it was measured on. */
export interface ModelLink {
  readonly modelId: string;
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

/** One metric as the tables keep it: NaN is value 0 with `isNan` 1, infinities are the largest doubles. */
export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number | bigint;
  readonly step: number | bigint;
  readonly isNan: 0 | 1;
  readonly model: ModelLink | undefined;
}

/**
 * Reads metrics by hand: this is the hot path, a thousand points a request. Keys are checked once each.
 *
 * @param list The field `metrics`, or one metric in a list.
 * @param path Gives the name of a metric in messages, such as `metrics[3].`.
 */
export function readMetrics(list: readonly unknown[], path: (index: number) => string): MetricPoint[] {
  const points = new Array<MetricPoint>(list.length);
  const checked = new Set<string>();
  for (let index = 0; index < list.length; index++) {
    const metric = list[index];
    if (typeof metric !== "object" || metric === null || Array.isArray(metric)) {
      refuseValue(
        `Invalid value for parameter '${path(index).slice(0, -1)}': it must be an object, current value is ${show(metric)}`,
      );
    }
    const fields = metric as RequestFields;
    const key = fields["key"];
    if (typeof key !== "string" || key === "") badKey(key, path(index));
    if (!checked.has(key)) {
      checkKey(key, `${path(index)}key`);
      checked.add(key);
    }
    const value = numberOf(fields["value"], path, index);
    const timestamp = integerOf(fields["timestamp"] ?? missing("timestamp", path(index)), "timestamp", path, index);
    const rawStep = fields["step"];
    const step = rawStep === undefined || rawStep === null ? 0 : integerOf(rawStep, "step", path, index);
    if (timestamp < 0) {
      refuseValue(
        `Invalid value ${timestamp} for parameter '${path(index)}timestamp' supplied: metric '${key}' (value=${value}). The timestamp must be milliseconds since 1970, not negative`,
      );
    }
    const isNan = Number.isNaN(value) ? 1 : 0;
    points[index] = {
      key,
      value: isNan === 1 ? 0 : stored(value),
      timestamp,
      step,
      isNan,
      model: modelLink(fields, path, index),
    };
  }
  return points;
}

/** SQLite would keep -0.0 and infinities, MLflow does not. */
function stored(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  if (value === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE;
  return value + 0;
}

type Path = (index: number) => string;

function numberOf(value: unknown, path: Path, index: number): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value === undefined || value === null) missing("value", path(index));
  return toDouble(value) ?? refused("value", 'a number or one of "NaN", "Infinity", "-Infinity"', value, path(index));
}

function integerOf(value: unknown, name: string, path: Path, index: number): number | bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value + 0;
  return toInt64(value) ?? refused(name, "a 64-bit integer", value, path(index));
}

function modelLink(fields: RequestFields, path: Path, index: number): ModelLink | undefined {
  const modelId = textOf(fields, "model_id", "modelId", path, index);
  if (modelId === undefined || modelId === "") return undefined;
  return {
    modelId,
    datasetName: textOf(fields, "dataset_name", "datasetName", path, index),
    datasetDigest: textOf(fields, "dataset_digest", "datasetDigest", path, index),
  };
}

function textOf(fields: RequestFields, name: string, camel: string, path: Path, index: number): string | undefined {
  const value = fields[name] ?? fields[camel] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  return refused(name, "a string", value, path(index));
}

function badKey(key: unknown, path: string): never {
  if (key === undefined || key === null || key === "") missing("key", path);
  refused("key", "a string", key, path);
}

function missing(name: string, path: string): never {
  refuseValue(`Missing value for required parameter '${path}${name}'`);
}

function refused(name: string, kind: string, value: unknown, path: string): never {
  refuseValue(`Invalid value for parameter '${path}${name}': it must be ${kind}, current value is ${show(value)}`);
}
