import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

/**
 * Gives each caller a directory of its own, removed after the test. Call it once per test file. Tests at the same time
 * need `afterAll`.
 */
export function temporaryDirectories(after: (remove: () => Promise<void>) => void = afterEach): () => Promise<string> {
  const made: string[] = [];
  after(async () => {
    for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
  });
  return async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "tracklet-test-")));
    made.push(directory);
    return directory;
  };
}
