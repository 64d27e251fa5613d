import { afterAll, beforeAll, vi } from "vitest";
import type { FaultServer } from "./bench.ts";
import { embeddedServer } from "./embedded-server.ts";
import { lostSuite } from "./suite/lost.ts";
import { poisonSuite } from "./suite/poison.ts";
import { runSuite } from "./suite/runs.ts";
import { slowSuite } from "./suite/slow.ts";
import { valueSuite } from "./suite/values.ts";

// On a machine with other work a few hundred requests over sockets may need seconds.
vi.setConfig({ testTimeout: 60_000 });

let server: FaultServer;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close?.());

lostSuite(() => server);
slowSuite(() => server);
runSuite(() => server);
valueSuite(() => server);
poisonSuite(() => server, { answer: 500, body: "<html>Internal Server Error</html>" });
