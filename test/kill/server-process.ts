import { join } from "node:path";
import { Child } from "./child.ts";

/** A `tracklet server` in a process of its own, which nobody kills. */
export interface ServerProcess {
  readonly url: string;
  /** Its SQLite file. */
  readonly database: string;
  /** Folder of its artifacts. */
  readonly artifacts: string;
  stop(): Promise<void>;
}

/** Starts one over files in a directory. */
export async function startServer(command: readonly string[], directory: string, port = 0): Promise<ServerProcess> {
  const database = join(directory, "mlflow.db");
  const artifacts = join(directory, "artifacts");
  const child = new Child(command, new URL("../../src/cli/main.ts", import.meta.url), [
    "server",
    `--port=${port}`,
    `--backend-store-uri=sqlite:///${database}`,
    `--artifacts-destination=${artifacts}`,
  ]);
  const line = await child.line("tracklet server listening at ");
  if (line === undefined) throw new Error(`The server did not start:\n${(await child.end).stderr}`);
  return {
    url: line.split(" ")[4]!,
    database,
    artifacts,
    stop: async () => void (await child.stop()),
  };
}
