import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { mlflowEnvironment } from "../../../scripts/mlflow-environment.ts";
import { startMlflowServer } from "./mlflow-server.ts";
import { startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the real MLflow server that all live tests share. */
    trackingUri: string;
    /** Release of that server. */
    mlflowVersion: string;
    /** File of its SQLite database; empty when it is on PostgreSQL. */
    databaseFile: string;
  }
}

/**
 * One real MLflow on a fresh SQLite file for all live tests; `MLFLOW_VERSION` chooses another release, and
 * `MLFLOW_STORE=postgresql` a PostgreSQL of its own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = process.env["MLFLOW_STORE"] === "postgresql" ? await startPostgres() : undefined;
  const packages = postgres === undefined ? [] : ["psycopg2-binary"];
  const environment = await mlflowEnvironment(process.env["MLFLOW_VERSION"] ?? "3.17.2", packages);
  const room = await mkdtemp(join(tmpdir(), "tracklet-live-"));
  const server = await startMlflowServer(environment, {
    backendStoreUri: postgres?.uri ?? `sqlite:///${join(room, "mlflow.db")}`,
    artifactsDestination: join(room, "artifacts"),
  });
  project.provide("trackingUri", server.trackingUri);
  project.provide("mlflowVersion", environment.version);
  project.provide("databaseFile", postgres === undefined ? join(room, "mlflow.db") : "");
  return async () => {
    await server.close();
    await postgres?.close();
    await rm(room, { recursive: true, force: true });
  };
}
