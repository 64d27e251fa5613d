import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { ArtifactsResource } from "./artifacts.ts";
import { DatasetsResource } from "./datasets.ts";
import type { ExperimentsResource } from "./experiments.ts";
import { LoggedModelsResource } from "./logged-models.ts";
import type { MetricsResource } from "./metrics.ts";
import { ModelVersionsResource } from "./model-versions.ts";
import { RegisteredModelsResource } from "./registered-models.ts";
import type { RunsResource } from "./runs.ts";
import type { ServerResource } from "./server.ts";
import { connect } from "./resources.ts";
import type { Connection } from "./types/connection.ts";

/** The REST API of an MLflow server. Its writes go straight to the server and skip the queue. */
export interface Client {
  readonly experiments: ExperimentsResource;
  readonly runs: RunsResource;
  readonly metrics: MetricsResource;
  readonly artifacts: ArtifactsResource;
  readonly loggedModels: LoggedModelsResource;
  readonly datasets: DatasetsResource;
  readonly registeredModels: RegisteredModelsResource;
  readonly modelVersions: ModelVersionsResource;
  readonly server: ServerResource;
}

/**
 * Makes a client of an MLflow server's REST API.
 *
 * @param trackerOrConnection A tracker, whose connection is used, or a connection.
 * @throws ConfigurationError when the address or the credentials cannot work.
 *
 * @example
 * ```ts
 * import { createClient } from "tracklet/client";
 *
 * const client = createClient({ trackingUri: "http://localhost:5000", auth: { token: "secret" } });
 * console.log(await client.server.version());
 * ```
 */
export function createClient(trackerOrConnection: Connection | { readonly connection: Connection }): Client {
  const connection = "connection" in trackerOrConnection ? trackerOrConnection.connection : trackerOrConnection;
  const platform = defaultRuntime();
  const runtime = { fetch: platform.fetch, ...(connection.runtime ?? platform) };
  const { transport, ...resources } = connect(connection, runtime);
  return {
    ...resources,
    loggedModels: new LoggedModelsResource(transport),
    datasets: new DatasetsResource(transport),
    registeredModels: new RegisteredModelsResource(transport),
    modelVersions: new ModelVersionsResource(transport),
  };
}
