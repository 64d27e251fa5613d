import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

/** Gives each caller a directory of its own, removed after the test. Call it once per test file. */
export function temporaryDirectories(): () => Promise<string> {
  const made: string[] = [];
  afterEach(async () => {
    for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
  });
  return async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "tracklet-test-")));
    made.push(directory);
    return directory;
  };
}
