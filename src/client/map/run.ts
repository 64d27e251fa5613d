import type { DatasetInput, RunData, RunInfo } from "../types/entities.ts";
import type { RunInfoWire, RunWire } from "../wire/types.ts";
import { toMetricPoint } from "./metric.ts";
import { fromPairs, toPairs } from "./pairs.ts";

/** The fixed facts of a run as the API's users see them. */
export function toRunInfo(wire: RunInfoWire): RunInfo {
  return {
    runId: wire.run_id,
    experimentId: wire.experiment_id,
    runName: wire.run_name,
    userId: wire.user_id,
    status: wire.status,
    startTime: wire.start_time,
    endTime: wire.end_time,
    artifactUri: wire.artifact_uri,
    lifecycleStage: wire.lifecycle_stage,
  };
}

/** A run as the API's users see it. */
export function toRunData({ info, data, inputs, outputs }: RunWire): RunData {
  const latestMetrics = data.metrics.map(toMetricPoint);
  return {
    info: toRunInfo(info),
    data: {
      metrics: Object.fromEntries(latestMetrics.map(({ key, value }) => [key, value])),
      latestMetrics,
      params: fromPairs(data.params),
      tags: fromPairs(data.tags),
    },
    inputs: {
      datasets: inputs.dataset_inputs.map(({ dataset, tags }) => ({
        dataset: {
          name: dataset.name,
          digest: dataset.digest,
          sourceType: dataset.source_type,
          source: dataset.source,
          schema: dataset.schema,
          profile: dataset.profile,
        },
        tags: fromPairs(tags),
      })),
      models: inputs.model_inputs.map(({ model_id: id }) => id),
    },
    outputs: { models: outputs.model_outputs.map(({ model_id: modelId, step }) => ({ modelId, step })) },
  };
}

/** The wire form of a dataset that a run used. */
export function fromDatasetInput({ dataset, tags }: DatasetInput): object {
  const { name, digest, sourceType, source, schema, profile } = dataset;
  return { tags: toPairs(tags), dataset: { name, digest, source_type: sourceType, source, schema, profile } };
}
