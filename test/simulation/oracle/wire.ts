import { latestPoint } from "./write-metrics.ts";
import type { OracleExperiment, OracleRun, Point } from "./state.ts";

/** An experiment as MLflow gives it. */
export function experimentWire({ id, name, deleted }: OracleExperiment, now: number): object {
  return {
    experiment_id: id,
    name,
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage: deleted ? "deleted" : "active",
    last_update_time: now,
    creation_time: now,
    workspace: "default",
  };
}

/** A run as MLflow gives it: empty lists are left out. */
export function runWire(run: OracleRun): object {
  const metrics = [...run.metrics.values()].map((points) => latestPoint(points)).filter((point) => point !== undefined);
  const data = {
    ...(metrics.length > 0 && { metrics: metrics.map(pointWire) }),
    ...(run.params.size > 0 && { params: pairs(run.params) }),
    ...(run.tags.size > 0 && { tags: pairs(run.tags) }),
  };
  const inputs = { ...(run.inputs.size > 0 && { dataset_inputs: [...run.inputs.values()] }) };
  return { info: runInfoWire(run), data, inputs };
}

/** The fixed facts of a run. */
export function runInfoWire(run: OracleRun): object {
  return {
    run_uuid: run.id,
    experiment_id: run.experimentId,
    run_name: run.name,
    user_id: run.userId,
    status: run.status,
    start_time: run.startTime,
    ...(run.endTime !== undefined && { end_time: run.endTime }),
    artifact_uri: artifactUri(run),
    lifecycle_stage: run.deleted ? "deleted" : "active",
    run_id: run.id,
  };
}

/** Where the artifacts of a run lie. */
export function artifactUri({ id, experimentId }: OracleRun): string {
  return `mlflow-artifacts:/${experimentId}/${id}/artifacts`;
}

/** A point as MLflow gives it. */
export function pointWire({ key, value, timestamp, step }: Point): object {
  return { key, value: Number.isNaN(value) ? "NaN" : value, timestamp, step };
}

function pairs(map: ReadonlyMap<string, string>): object[] {
  return [...map].map(([key, value]) => ({ key, value }));
}
