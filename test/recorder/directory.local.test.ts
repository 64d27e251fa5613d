import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { openTracker } from "../../src/open/local.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

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
