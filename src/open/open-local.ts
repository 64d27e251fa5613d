import { defaultRuntime } from "../runtime/default-runtime.ts";
import { checkAllOptions } from "../tracker/check-options.ts";
import type { EmbeddedServer } from "./embedded.ts";
import { openLocalServer } from "./local-server.ts";

/** Which folder `openLocal` opens. */
export interface OpenLocalOptions {
  /** Holds `mlflow.db` and `mlruns`; made when missing. @default the working directory */
  readonly directory?: string;
}

/**
 * Opens the local store of a folder as an MLflow server without a socket: `mlflow.db` and `mlruns`, the files that
 * Python's local mode uses there, so that both see one history. For the client, the dashboard, or to serve it.
 *
 * @throws ConfigurationError when an option cannot be used, or the database is not one of MLflow, or of another revision, or cannot be written.
 *
 * @example Every run of this folder
 * ```ts
 * import { createClient } from "tracklet/client";
 * import { openLocal } from "tracklet/local";
 *
 * const local = await openLocal();
 * const { items } = await createClient(local).experiments.search();
 * console.table(items);
 * await local.close();
 * ```
 */
export async function openLocal(options: OpenLocalOptions = {}): Promise<EmbeddedServer> {
  checkAllOptions(options, { directory: "string" });
  return openLocalServer({ directory: options.directory, database: "mlflow.db" }, defaultRuntime());
}
