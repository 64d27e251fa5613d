/**
 * The REST API of an MLflow server, typed: experiments, runs, metric histories, artifacts, datasets, logged models, and
 * the model registry. Its writes go straight to the server and skip the queue.
 *
 * @example
 * ```ts
 * import { createClient, filter } from "tracklet/client";
 *
 * const client = createClient({ trackingUri: "http://localhost:5000" });
 * const found = client.runs.search({ experimentIds: ["0"], filter: filter`params.optimizer = ${"adam"}` });
 * for await (const run of found) console.log(run.info.runName, run.data.metrics);
 * ```
 *
 * @module
 */
export { createClient, type Client } from "./client.ts";
export { ArtifactsResource, type ArtifactOptions, type DownloadOptions } from "./artifacts.ts";
export { DatasetsResource } from "./datasets.ts";
export { ExperimentsResource } from "./experiments.ts";
export { LoggedModelsResource } from "./logged-models.ts";
export { MetricsResource } from "./metrics.ts";
export { ModelVersionsResource } from "./model-versions.ts";
export { RegisteredModelsResource } from "./registered-models.ts";
export { RunsResource } from "./runs.ts";
export { ServerResource, type ServerInfo } from "./server.ts";
export { PagePromise, type Page } from "./page.ts";
export { filter, type Filter, type FilterKey, type FilterValue } from "./filter.ts";
export type { Auth, CallOptions, ClientRuntime, Connection, RetryOptions } from "./types/connection.ts";
export type {
  Dataset,
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  LinkedMetricPoint,
  LogBatch,
  MetricPoint,
  RunData,
  RunInfo,
  RunStatus,
  ViewType,
} from "./types/entities.ts";
export type {
  DatasetSummary,
  LoggedModel,
  LoggedModelOrder,
  LoggedModelStatus,
  ModelMetric,
  ModelOutput,
  NewLoggedModel,
  SearchLoggedModelsQuery,
} from "./types/logged-models.ts";
export type {
  ModelStage,
  ModelVersion,
  ModelVersionId,
  ModelVersionStatus,
  NewModelVersion,
  NewRegisteredModel,
  RegisteredModel,
  SearchRegistryQuery,
} from "./types/registry.ts";
export type {
  MetricHistoryQuery,
  NewExperiment,
  NewRunRequest,
  RunUpdate,
  SearchExperimentsQuery,
  SearchQuery,
  SearchRunsQuery,
} from "./types/requests.ts";
