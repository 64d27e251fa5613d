import type { LinkedMetricPoint, MetricPoint } from "../types/entities.ts";
import type { MetricWire } from "../wire/types.ts";

/** A metric value as the API's users see it. */
export function toMetricPoint(wire: MetricWire): MetricPoint {
  return { key: wire.key, value: wire.value, timestamp: wire.timestamp, step: wire.step };
}

/** The wire form of a value: JSON has no word for NaN and infinities, MLflow reads these. */
export function fromMetricPoint({ key, value, timestamp, step, ...link }: LinkedMetricPoint): object {
  const { modelId, datasetName, datasetDigest } = link;
  return {
    key,
    value: Number.isFinite(value) ? value : String(value),
    timestamp,
    step,
    model_id: modelId,
    dataset_name: datasetName,
    dataset_digest: datasetDigest,
  };
}
