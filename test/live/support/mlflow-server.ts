import { type ChildProcess, spawn } from "node:child_process";
import type { MlflowEnvironment } from "../../../scripts/mlflow-environment.ts";
import { ownPort } from "../../support/own-port.ts";

/** A real MLflow server in a process of its own. */
export interface MlflowServer {
  readonly trackingUri: string;
  close(): Promise<void>;
}

/** What a server serves. */
export interface MlflowServerOptions {
  /** Such as `sqlite:////tmp/x/mlflow.db`. */
  readonly backendStoreUri: string;
  /** Folder of proxied artifacts. */
  readonly artifactsDestination: string;
}

/** Starts `mlflow server` and resolves once it answers. */
export async function startMlflowServer(
  environment: MlflowEnvironment,
  options: MlflowServerOptions,
): Promise<MlflowServer> {
  const port = await ownPort();
  const args = [
    "server",
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--workers",
    "1",
    "--backend-store-uri",
    options.backendStoreUri,
    "--artifacts-destination",
    options.artifactsDestination,
  ];
  // A process group of its own: the command starts workers, and all of them have to go.
  // The file store is in maintenance, and is started only by who says so.
  const env = { ...process.env, MLFLOW_ALLOW_FILE_STORE: "true" };
  const child = spawn(environment.mlflow, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
  let output = "";
  const collect = (data: Buffer): void => {
    output = (output + data.toString()).slice(-8000);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const trackingUri = `http://127.0.0.1:${port}`;
  await healthy(trackingUri, child, () => output);
  return { trackingUri, close: () => stop(child) };
}

async function healthy(trackingUri: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > deadline) {
      await stop(child);
      throw new Error(`mlflow server did not answer within 180 s:\n${output()}`);
    }
    try {
      if ((await fetch(`${trackingUri}/health`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return Promise.resolve();
  const { pid } = child;
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    process.kill(-pid, "SIGKILL");
  });
}
