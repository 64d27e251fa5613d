/**
 * The embedded MLflow tracking server: a fetch handler over SQLite in MLflow's own schema.
 *
 * @example
 * ```ts
 * import { createServer, folderArtifacts } from "tracklet/server";
 *
 * const server = createServer({ database: "mlflow.db", artifacts: folderArtifacts("mlartifacts") });
 * console.log(await (await server.fetch(new Request("http://localhost/health"))).text()); // OK
 * server.close();
 * ```
 *
 * @module
 */
export type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from "../sql/database.ts";
export { type WasmDatabaseOptions, wasmDatabase } from "../sql/wasm.ts";
export {
  type ArtifactContent,
  type ArtifactEntry,
  type ArtifactStat,
  type ArtifactStore,
  type ByteRange,
  folderArtifacts,
  memoryArtifacts,
} from "./artifacts/index.ts";
export type { ServerAuth } from "./check-auth.ts";
export type { SecurityOptions } from "./security.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
