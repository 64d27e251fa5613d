import * as v from "valibot";
import type { Schema } from "./entities.ts";
import { double, int64 } from "./numbers.ts";
import type { MetricWire, PageWire, PairWire } from "./types.ts";

const statuses = [
  "LOGGED_MODEL_STATUS_UNSPECIFIED",
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
] as const;

/** `mlflow.Metric` of a logged model. */
export interface ModelMetricWire extends MetricWire {
  readonly run_id: string;
  readonly dataset_name?: string | undefined;
  readonly dataset_digest?: string | undefined;
}

/** `mlflow.LoggedModel`. */
export interface LoggedModelWire {
  readonly info: {
    readonly model_id: string;
    readonly experiment_id: string;
    readonly name: string;
    readonly creation_timestamp_ms: number;
    readonly last_updated_timestamp_ms: number;
    readonly artifact_uri: string;
    readonly status: (typeof statuses)[number];
    readonly model_type: string;
    readonly source_run_id: string;
    readonly status_message?: string | undefined;
    readonly tags: PairWire[];
  };
  readonly data: { readonly params: PairWire[]; readonly metrics: ModelMetricWire[] };
}

const text = v.optional(v.string(), "");
const pairs = v.optional(v.array(v.object({ key: v.string(), value: text })), []);

const loggedModelWire: Schema<LoggedModelWire> = v.object({
  info: v.object({
    model_id: v.string(),
    experiment_id: text,
    name: text,
    creation_timestamp_ms: v.optional(int64, 0),
    last_updated_timestamp_ms: v.optional(int64, 0),
    artifact_uri: text,
    status: v.optional(v.picklist(statuses), "LOGGED_MODEL_STATUS_UNSPECIFIED"),
    model_type: text,
    source_run_id: text,
    status_message: v.optional(v.string()),
    tags: pairs,
  }),
  data: v.optional(
    v.object({
      params: pairs,
      metrics: v.optional(
        v.array(
          v.object({
            key: v.string(),
            value: v.optional(double, 0),
            timestamp: v.optional(int64, 0),
            step: v.optional(int64, 0),
            run_id: text,
            dataset_name: v.optional(v.string()),
            dataset_digest: v.optional(v.string()),
          }),
        ),
        [],
      ),
    }),
    {},
  ),
});

export const loggedModelReply: Schema<{ readonly model: LoggedModelWire }> = v.object({ model: loggedModelWire });

export const loggedModelsReply: Schema<PageWire & { readonly models: LoggedModelWire[] }> = v.object({
  models: v.optional(v.array(loggedModelWire), []),
  next_page_token: v.optional(v.string()),
});

/** The answer of `experiments/search-datasets`. */
export interface DatasetSummariesWire {
  readonly dataset_summaries: {
    readonly experiment_id: string;
    readonly name: string;
    readonly digest: string;
    readonly context?: string | undefined;
  }[];
}

export const datasetSummariesReply: Schema<DatasetSummariesWire> = v.object({
  dataset_summaries: v.optional(
    v.array(v.object({ experiment_id: v.string(), name: text, digest: text, context: v.optional(v.string()) })),
    [],
  ),
});
