import { afterAll } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { type TestServer, testServer } from "../support/test-server.ts";
import { registrySession } from "./support/registry-session.ts";

let server: Promise<TestServer> | undefined;

afterAll(async () => (await server)?.close());

registrySession("the client on the model registry of the embedded server", async () => {
  server ??= testServer();
  return createClient(await server);
});
