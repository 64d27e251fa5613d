import { expect, test } from "vitest";
import { commandOf } from "../kill/runtimes.ts";
import { startServer } from "../kill/server-process.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { twoManagers } from "./two-managers.ts";

const directory = temporaryDirectories();
/** The whole of it with TRACKLET_WHOLE=1: 40 trainings of 200 ms. */
const isWhole = process.env["TRACKLET_WHOLE"] === "1";

test("createExperimentsManager({ shared }) in two processes, one killed and started again, commits each run once and keeps the best model", async () => {
  const command = commandOf("node");
  const server = await startServer(command, await directory());
  try {
    const { problems, resumed } = await twoManagers(command, {
      trackingUri: server.url,
      plugin: "digits",
      runs: isWhole ? 40 : 10,
      work: isWhole ? 200 : 20,
      lease: isWhole ? 4000 : 1000,
      timeout: isWhole ? 4000 : 1000,
      killAt: isWhole ? 8 : 2,
    });
    expect(problems).toEqual([]);
    // The killed one was in the middle of a training, which somebody went on with.
    expect(resumed).toBeGreaterThanOrEqual(1);
  } finally {
    await server.stop();
  }
}, 120_000);
