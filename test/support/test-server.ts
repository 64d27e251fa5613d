import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { createServer, memoryArtifacts, wasmDatabase } from "../../src/server/index.ts";

/** An embedded server of a test's own, in memory. */
export interface TestServer {
  /** Answers every request in process. */
  readonly fetch: Fetch;
  /** The address to give to a client together with `fetch`; nothing listens there. */
  readonly trackingUri: string;
  close(): void;
}

/** Starts one, on the runtime's own SQLite where it has one (Node, Deno, Bun), else on SQLite WASM. */
export async function testServer(
  options: { artifactRoot?: string; security?: { allowedHosts: string[] } } = {},
): Promise<TestServer> {
  const database = hasSqlite() ? ":memory:" : await wasmDatabase();
  const { fetch, close } = createServer({ database, artifacts: memoryArtifacts(), ...options });
  return { fetch: (request) => fetch(request), trackingUri: "http://localhost:5000", close: () => close() };
}

function hasSqlite(): boolean {
  const host = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  const sqlite = host.process?.getBuiltinModule?.("node:sqlite") as { DatabaseSync?: SqliteConstructor } | undefined;
  if (sqlite?.DatabaseSync === undefined) return false;
  try {
    new sqlite.DatabaseSync(":memory:").close();
    return true;
  } catch {
    // workerd has the module and the class, but no database behind it.
    return false;
  }
}

type SqliteConstructor = new (path: string) => { close(): void };
