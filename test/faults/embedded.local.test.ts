import { afterAll, beforeAll, vi } from "vitest";
import type { FaultServer } from "./bench.ts";
import { embeddedServer } from "./embedded-server.ts";
import { lostSuite } from "./suite/lost.ts";

// On a machine with other work a few hundred requests over sockets may need seconds.
vi.setConfig({ testTimeout: 60_000 });

let server: FaultServer;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close?.());

lostSuite(() => server);
