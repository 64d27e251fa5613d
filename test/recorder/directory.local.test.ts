import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigurationError, NetworkError } from "../../src/errors/index.ts";
import { openTracker } from "../../src/open/local.ts";
import { createRecorder, recreateEnvironment } from "../../src/recorder/index.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { unreachable, world } from "./world.ts";

const temporaryDirectory = temporaryDirectories();

test("S3.7 start() refuses an environment.directory that is no folder before anything begins", async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, "package.json");
  await writeFile(file, "{}");
  await using tracker = await openTracker({ directory });
  for (const wrong of [join(directory, "nope"), file, join(file, "below"), new URL("http://nope.example/")]) {
    const make = () => createRecorder({ tracker, name: "walk", environment: { directory: wrong } });
    await expect(make().start()).rejects.toThrow(ConfigurationError);
    await expect(make().register()).rejects.toThrow(
      `Cannot keep the environment as the option environment.directory must be a folder: current value is "${String(wrong)}"`,
    );
    await expect(make().attach("0")).rejects.toThrow("environment.directory must be a folder");
  }
  expect((await tracker.searchRuns()).rows).toEqual([]);
});

test("S3.7 recreateEnvironment() says that a recording must be sent before, when no server answers", async () => {
  const made = await world();
  const recorder = made.recorder({ mode: "OFFLINE" });
  const { recordingId } = await recorder.start();
  made.fetch = unreachable;
  const again = recreateEnvironment(recordingId, await temporaryDirectory(), { tracker: made.open, timeout: 100 });
  await expect(again).rejects.toThrow(NetworkError);
  await expect(again).rejects.toThrow("a recording that waits here must be sent before, by tracklet sync");
  made.fetch = made.plain;
  recorder.setMode("ONLINE");
  await recorder.stop();
  made.close();
});
