/**
 * Loaded before an example: whatever address it names, an embedded server answers there, so that examples can show
 * real addresses and still be run.
 */
import { createServer, memoryArtifacts } from "../../src/server/index.ts";

const server = createServer({
  database: ":memory:",
  artifacts: memoryArtifacts(),
  security: { allowedHosts: ["*"] },
} as never);

globalThis.fetch = ((input: RequestInfo | URL, init?: RequestInit) =>
  server.fetch(new Request(input as RequestInfo, init))) as typeof fetch;
