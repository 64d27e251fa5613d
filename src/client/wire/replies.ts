import * as v from "valibot";
import { experimentWire, fileWire, metricWire, runInfoWire, runWire, type Schema } from "./entities.ts";
import type { ExperimentWire, FileWire, MetricWire, PageWire, RunInfoWire, RunWire, ServerInfoWire } from "./types.ts";

const token = v.optional(v.string());
const flag = v.optional(v.boolean(), false);

/** A write answers an empty object; members of it are for newer clients. */
export const doneReply: Schema<object> = v.object({});

export const experimentIdReply: Schema<{ readonly experiment_id: string }> = v.object({ experiment_id: v.string() });

export const experimentReply: Schema<{ readonly experiment: ExperimentWire }> = v.object({
  experiment: experimentWire,
});

export const experimentsReply: Schema<PageWire & { readonly experiments: ExperimentWire[] }> = v.object({
  experiments: v.optional(v.array(experimentWire), []),
  next_page_token: token,
});

export const runReply: Schema<{ readonly run: RunWire }> = v.object({ run: runWire });

export const runInfoReply: Schema<{ readonly run_info: RunInfoWire }> = v.object({ run_info: runInfoWire });

export const runsReply: Schema<PageWire & { readonly runs: RunWire[] }> = v.object({
  runs: v.optional(v.array(runWire), []),
  next_page_token: token,
});

export const metricsReply: Schema<PageWire & { readonly metrics: MetricWire[] }> = v.object({
  metrics: v.optional(v.array(metricWire), []),
  next_page_token: token,
});

export const filesReply: Schema<{ readonly files: FileWire[] }> = v.object({
  files: v.optional(v.array(fileWire), []),
});

export const serverInfoReply: Schema<ServerInfoWire> = v.object({
  store_type: v.optional(v.string()),
  workspaces_enabled: flag,
  multipart_uploads_enabled: flag,
  multipart_downloads_enabled: flag,
});
