import { join } from "node:path";
import { describe, test, vi } from "vitest";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import type { FaultServer } from "./bench.ts";
import { embeddedServer } from "./embedded-server.ts";
import { ServerReader } from "./server-reader.ts";
import { swapBetweenSessions, swapMidSession } from "./suite/swap.ts";

vi.setConfig({ testTimeout: 60_000 });
const directory = temporaryDirectories();

/** Two servers, of which the second has another experiment under the id that the first gives next. */
async function two(body: (first: FaultServer, swap: () => Promise<FaultServer>) => Promise<void>): Promise<void> {
  const first = await embeddedServer();
  const second = await embeddedServer();
  await new ServerReader(second.trackingUri).call("experiments/create", { name: "somebody else's" });
  try {
    await body(first, async () => second);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}

describe("a server that is restored from a backup, or another one", () => {
  test("F21 parks runs that it has lost, and makes new ones in the right experiment", async () => {
    await two(swapMidSession);
  });

  test("F21 looks at a run once a session before it writes to it, and parks it when it is lost", async () => {
    await two(async (first, swap) => swapBetweenSessions(first, swap, join(await directory(), "queue.db")));
  });
});
