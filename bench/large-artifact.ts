import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openTracker } from "../src/open/local.ts";

const megabyte = 2 ** 20;

/** What a large file cost on its way up and down. */
export interface LargeArtifact {
  readonly megabytes: number;
  /** Memory of the process above what it had before, in MB of 2^20 bytes. */
  readonly grown: number;
  readonly upSeconds: number;
  readonly downSeconds: number;
  /** The bytes that came back are those that went. */
  readonly equal: boolean;
}

/**
 * Sends a file of that size by reference and reads it back, streamed from and to disk: to MLFLOW_TRACKING_URI, or to the
 * embedded server in this process, in a directory that is removed afterwards.
 */
export async function largeArtifact(megabytes: number): Promise<LargeArtifact> {
  const directory = await mkdtemp(join(tmpdir(), "tracklet-large-"));
  let before = 0;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    const path = join(directory, "large.bin");
    const sent = await writeFile(path, megabytes);
    // A body counts for what waits, by reference too.
    const delivery = { maxStoredBytes: Math.max(2 ** 28, 2 * megabytes * megabyte) };
    const tracker = await openTracker({ directory: join(directory, "store"), delivery });
    const run = tracker.startRun();
    // Once all that is needed is loaded.
    await run.logText("first", "first.txt");
    await tracker.downloadArtifacts(run.localId, "first.txt", { to: directory });
    before = process.memoryUsage().rss;
    most = before;
    const begun = performance.now();
    await run.logArtifact(path, "model", { reference: true });
    await run.end();
    await tracker.flush();
    const up = performance.now();
    const back = await tracker.downloadArtifacts(run.localId, "model/large.bin", { to: join(directory, "back") });
    const down = performance.now();
    await tracker.close();
    const equal = (await stat(back)).size === megabytes * megabyte && (await hashOf(back)) === sent;
    const grown = Math.round((most - before) / megabyte);
    return { megabytes, grown, upSeconds: (up - begun) / 1000, downSeconds: (down - up) / 1000, equal };
  } finally {
    clearInterval(watch);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes a file of which no two megabytes are the same; gives its SHA-256. */
async function writeFile(path: string, megabytes: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  const part = new Uint8Array(megabyte).map((_, n) => (n * 31) % 251);
  for (let n = 0; n < megabytes; n++) {
    new DataView(part.buffer).setUint32(0, n);
    hash.update(part);
    await file.write(part);
  }
  await file.close();
  return hash.digest("hex");
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** The bench `large-artifact`: a gigabyte. */
export async function benchLargeArtifact(): Promise<void> {
  const { megabytes, grown, upSeconds, downSeconds, equal } = await largeArtifact(1024);
  console.log(
    `\nAn artifact of ${megabytes} MB: up in ${upSeconds.toFixed(1)} s, down in ${downSeconds.toFixed(1)} s, ` +
      `memory grew by ${grown} MB, bytes ${equal ? "equal" : "DIFFER"}`,
  );
}
