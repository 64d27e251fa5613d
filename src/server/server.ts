import type { Clock } from "../runtime/ports/clock.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";
import type { Random } from "../runtime/ports/random.ts";
import type { SqlDatabase } from "../sql/database.ts";
import type { ArtifactStore } from "./artifacts/artifact-store.ts";
import { assembleServer } from "./assemble-server.ts";
import { current } from "./compat.ts";
import type { SecurityOptions } from "./security.ts";

/** What an embedded server is made of. */
export interface ServerOptions {
  /**
   * A file name or `":memory:"`, opened with the SQLite of Node, Deno or Bun; or an open database, such as
   * `await wasmDatabase()` gives it. A new file gets MLflow's tables; a file of MLflow is used as it is.
   */
  readonly database: string | SqlDatabase;
  /**
   * What a commit to a named file with a write-ahead log waits for: `normal` survives a crash of the process, `full`
   * also a power cut. New files have such a log; those of MLflow have a rollback journal and always `full`.
   * @default "normal"
   */
  readonly synchronous?: "normal" | "full";
  /** Where artifacts are kept. @default in memory, gone with the process */
  readonly artifacts?: ArtifactStore;
  /**
   * What the locations of new experiments start with: `mlflow-artifacts:/`, or the absolute folder that `artifacts`
   * keeps its files in, as MLflow's local mode has it. Clients are told the `mlflow-artifacts:` form in both cases.
   * @default "mlflow-artifacts:/"
   */
  readonly artifactRoot?: string;
  /** Who may talk to the server. @default as MLflow: local and private hosts, local origins, no password */
  readonly security?: SecurityOptions;
  /** Bytes of a JSON body that are read at most; artifacts are not limited by it. @default 33554432 */
  readonly maxBody?: number;
  /** Told of faults of the server itself, which clients see as a bare 500. @default nothing */
  readonly onError?: (error: unknown, request: Request) => void;
  /** @default the platform's */
  readonly clock?: Clock;
  /** @default the platform's */
  readonly random?: Random;
}

/** An MLflow tracking server without a socket. */
export interface Server {
  /** Answers one request. Give it to `createTracker`, `Deno.serve`, `Bun.serve`, a service worker or MSW. */
  readonly fetch: Fetch;
  /** Closes the database, if the server opened it. */
  close(): void;
}

/**
 * Makes an MLflow tracking server as one fetch handler over SQLite, in MLflow's own schema: what it writes, MLflow
 * 3.17.2 opens, and the other way round. It answers as `mlflow server` does; `docs/differences.md` lists where not.
 *
 * @throws ValidationError when `database` is none.
 * @throws ConfigurationError when the file cannot be opened, is not a SQLite database, or is of another MLflow revision.
 *
 * @example
 * ```ts
 * import { createServer } from "tracklet/server";
 *
 * const server = createServer({ database: "mlflow.db" });
 * const reply = await server.fetch(new Request("http://localhost/version"));
 * console.log(await reply.text()); // 3.17.2
 * server.close();
 * ```
 */
export function createServer(options: ServerOptions): Server {
  return assembleServer(options, current);
}
