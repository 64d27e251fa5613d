import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder that goes when the test ends. */
export async function room(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tracklet-live-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
