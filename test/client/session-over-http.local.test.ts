import { afterAll } from "vitest";
import { serve } from "../../src/cli/http/serve.ts";
import { createClient } from "../../src/client/index.ts";
import { testServer } from "../support/test-server.ts";
import { clientSession } from "./support/client-session.ts";

const closers: (() => unknown)[] = [];
let started: Promise<string> | undefined;

afterAll(async () => {
  for (const close of closers) await close();
});

async function start(): Promise<string> {
  const server = await testServer();
  const listening = await serve(server.fetch, { host: "127.0.0.1", port: 0, onError: () => {} });
  closers.push(
    () => listening.close(0),
    () => server.close(),
  );
  return `http://127.0.0.1:${listening.port}`;
}

clientSession("the client on the embedded server, over HTTP", async () => {
  started ??= start();
  return createClient({ trackingUri: await started });
});
