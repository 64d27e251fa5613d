import type { RunData, RunInfo } from "../../src/client/types/entities.ts";

/** A finished run as the server tells it. */
export function runData(
  info: Partial<RunInfo>,
  data: {
    metrics?: Record<string, number>;
    params?: Record<string, string>;
    tags?: Record<string, string>;
  } = {},
): RunData {
  return {
    info: {
      runId: "0123456789abcdef0123456789abcdef",
      experimentId: "1",
      runName: "calm-heron-42",
      userId: "ada",
      status: "FINISHED",
      startTime: Date.UTC(2026, 0, 2, 3, 4, 5),
      endTime: Date.UTC(2026, 0, 2, 3, 4, 8),
      artifactUri: "mlflow-artifacts:/1/0123456789abcdef0123456789abcdef/artifacts",
      lifecycleStage: "active",
      ...info,
    },
    data: { metrics: {}, latestMetrics: [], params: {}, tags: {}, ...data },
    inputs: { datasets: [], models: [] },
    outputs: { models: [] },
  };
}
