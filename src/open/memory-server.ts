import type { Runtime } from "../runtime/runtime.ts";
import { createServer, memoryArtifacts, wasmDatabase } from "../server/index.ts";
import { type EmbeddedServer, embeddedUri } from "./embedded.ts";
import { takeTurns } from "./take-turns.ts";

/** An embedded server over SQLite WASM, all in memory. */
export async function openMemoryServer(runtime: Runtime): Promise<EmbeddedServer> {
  const database = await wasmDatabase();
  const server = createServer({
    database,
    artifacts: memoryArtifacts(),
    clock: runtime.clock,
    random: runtime.random,
  });
  return {
    trackingUri: embeddedUri,
    fetch: takeTurns(server.fetch),
    close: async () => {
      server.close();
      database.close();
    },
  };
}
