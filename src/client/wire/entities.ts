import * as v from "valibot";
import { double, int64 } from "./numbers.ts";
import type { DatasetInputWire, ExperimentWire, FileWire, MetricWire, RunInfoWire, RunWire } from "./types.ts";

/** The schema of a message, seen from outside: anything in, the written-out type out. */
export type Schema<T> = v.GenericSchema<unknown, T>;

// MLflow leaves out fields that are unset or empty.
const text = v.optional(v.string(), "");
const pairs = v.optional(v.array(v.object({ key: v.string(), value: text })), []);
const lifecycleStage = v.optional(v.picklist(["active", "deleted"]), "active");
const status = v.picklist(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);

export const experimentWire: Schema<ExperimentWire> = v.object({
  experiment_id: v.string(),
  name: text,
  artifact_location: text,
  lifecycle_stage: lifecycleStage,
  creation_time: v.optional(int64),
  last_update_time: v.optional(int64),
  tags: pairs,
});

export const metricWire: Schema<MetricWire> = v.object({
  key: v.string(),
  value: v.optional(double, 0),
  timestamp: v.optional(int64, 0),
  step: v.optional(int64, 0),
});

export const runInfoWire: Schema<RunInfoWire> = v.object({
  run_id: v.string(),
  experiment_id: text,
  run_name: text,
  user_id: text,
  status: v.optional(status, "RUNNING"),
  start_time: v.optional(int64, 0),
  end_time: v.optional(int64),
  artifact_uri: text,
  lifecycle_stage: lifecycleStage,
});

const datasetInputWire: Schema<DatasetInputWire> = v.object({
  tags: pairs,
  dataset: v.object({
    name: v.string(),
    digest: text,
    source_type: text,
    source: text,
    schema: v.optional(v.string()),
    profile: v.optional(v.string()),
  }),
});

export const runWire: Schema<RunWire> = v.object({
  info: runInfoWire,
  data: v.optional(v.object({ metrics: v.optional(v.array(metricWire), []), params: pairs, tags: pairs }), {}),
  inputs: v.optional(
    v.object({
      dataset_inputs: v.optional(v.array(datasetInputWire), []),
      model_inputs: v.optional(v.array(v.object({ model_id: v.string() })), []),
    }),
    {},
  ),
  outputs: v.optional(
    v.object({
      model_outputs: v.optional(v.array(v.object({ model_id: v.string(), step: v.optional(int64, 0) })), []),
    }),
    {},
  ),
});

export const fileWire: Schema<FileWire> = v.object({
  path: v.string(),
  is_dir: v.optional(v.boolean(), false),
  file_size: v.optional(int64),
});
