import { afterAll } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { type TestServer, testServer } from "../support/test-server.ts";
import { clientSession } from "./support/client-session.ts";

let server: Promise<TestServer> | undefined;

afterAll(async () => (await server)?.close());

clientSession("the client on the embedded server, in process", async () => {
  server ??= testServer();
  return createClient(await server);
});
