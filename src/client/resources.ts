import { ArtifactsResource } from "./artifacts.ts";
import { ExperimentsResource } from "./experiments.ts";
import { MetricsResource } from "./metrics.ts";
import { RunsResource } from "./runs.ts";
import { ServerResource } from "./server.ts";
import { Transport } from "./transport.ts";
import type { ClientRuntime, Connection } from "./types/connection.ts";

/** The resources of the client that a tracker and its queue need. */
export interface Resources {
  readonly experiments: ExperimentsResource;
  readonly runs: RunsResource;
  readonly metrics: MetricsResource;
  readonly artifacts: ArtifactsResource;
  readonly server: ServerResource;
  /** For resources that are loaded when they are needed. */
  readonly transport: Transport;
}

/** Makes them over one transport. This module brings the REST client with it, so it is imported late. */
export function connect(connection: Connection, runtime: ClientRuntime): Resources {
  const transport = new Transport(connection, runtime);
  return {
    transport,
    experiments: new ExperimentsResource(transport),
    runs: new RunsResource(transport),
    metrics: new MetricsResource(transport),
    artifacts: new ArtifactsResource(transport),
    server: new ServerResource(transport),
  };
}
