import type { LoggedModel, LoggedModelOrder, LoggedModelStatus } from "../types/logged-models.ts";
import type { LoggedModelWire } from "../wire/logged-models.ts";
import { toMetricPoint } from "./metric.ts";
import { fromPairs } from "./pairs.ts";

const words: Readonly<Record<LoggedModelStatus, LoggedModelWire["info"]["status"]>> = {
  UNSPECIFIED: "LOGGED_MODEL_STATUS_UNSPECIFIED",
  PENDING: "LOGGED_MODEL_PENDING",
  READY: "LOGGED_MODEL_READY",
  FAILED: "LOGGED_MODEL_UPLOAD_FAILED",
};

/** A logged model as the API's users see it. */
export function toLoggedModel({ info, data }: LoggedModelWire): LoggedModel {
  return {
    modelId: info.model_id,
    experimentId: info.experiment_id,
    name: info.name,
    modelType: info.model_type,
    sourceRunId: info.source_run_id === "" ? undefined : info.source_run_id,
    status: (Object.keys(words) as LoggedModelStatus[]).find((word) => words[word] === info.status)!,
    statusMessage: info.status_message,
    artifactUri: info.artifact_uri,
    creationTime: info.creation_timestamp_ms,
    lastUpdateTime: info.last_updated_timestamp_ms,
    tags: fromPairs(info.tags),
    params: fromPairs(data.params),
    metrics: data.metrics.map((metric) => ({
      ...toMetricPoint(metric),
      runId: metric.run_id,
      datasetName: metric.dataset_name,
      datasetDigest: metric.dataset_digest,
    })),
  };
}

/** The wire form of a status; MLflow takes any other word, and sets the status to unspecified. */
export function fromModelStatus(status: LoggedModelStatus): string | undefined {
  return Object.hasOwn(words, status) ? words[status] : undefined;
}

/** The wire form of one key to order by: `metrics.accuracy DESC`, or an object. */
export function fromModelOrder(order: string | LoggedModelOrder): object {
  if (typeof order === "string") {
    const [, field = order, word = "ASC"] = /^\s*(.+?)(?:\s+(ASC|DESC))?\s*$/is.exec(order) ?? [];
    return { field_name: field, ascending: word.toUpperCase() !== "DESC" };
  }
  const { field, ascending = true, datasetName, datasetDigest } = order;
  return { field_name: field, ascending, dataset_name: datasetName, dataset_digest: datasetDigest };
}
