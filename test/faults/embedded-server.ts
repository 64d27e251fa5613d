import { serve } from "../../src/cli/http/serve.ts";
import { createServer, memoryArtifacts, type SecurityOptions } from "../../src/server/index.ts";
import { openNodeSqlite } from "../../src/sql/node-sqlite.ts";
import type { FaultServer } from "./bench.ts";

/** The embedded server behind `node:http`, as `tracklet server` has it, over a database that the test can ask. */
export async function embeddedServer(security?: SecurityOptions): Promise<FaultServer & { close(): Promise<void> }> {
  const database = openNodeSqlite(":memory:");
  const { fetch, close } = createServer({
    database,
    artifacts: memoryArtifacts(),
    ...(security === undefined ? {} : { security }),
  });
  const listening = await serve(fetch, { host: "127.0.0.1", port: 0, onError: () => {} });
  return {
    trackingUri: listening.url,
    patience: 400,
    sql: (text, ...values) => database.prepare(text).all(...values),
    async close() {
      await listening.close(0);
      close();
      database.close();
    },
  };
}
