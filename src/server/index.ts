/**
 * The embedded MLflow tracking server.
 *
 * @module
 */
export { type ArtifactStore } from "./artifacts/artifact-store.ts";
export { memoryArtifacts } from "./artifacts/memory.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
export { type SecurityOptions } from "./security.ts";
