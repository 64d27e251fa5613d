import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openTracker } from "../src/open/local.ts";
import { startLargeServer } from "./support/large-server.ts";

const megabyte = 2 ** 20;

/** What a large file cost on its way up and down. */
export interface LargeArtifact {
  readonly megabytes: number;
  /** Memory of the process above what it had before, in MB of 2^20 bytes. */
  readonly grown: number;
  /** The same of the server, where that is a process of its own and the system tells. */
  readonly serverGrown: number;
  readonly upSeconds: number;
  readonly downSeconds: number;
  /** The bytes that came back are those that went. */
  readonly equal: boolean;
}

/**
 * Logs a file of that size and reads it back, streamed from and to disk, in a directory that is removed afterwards: on
 * the embedded server in this process, where it is sent from where it lies, or over a socket on `tracklet server` in
 * another one, where a queue in a file copies it unless it is too large for that.
 */
export async function largeArtifact(megabytes: number, over: "call" | "socket" = "call"): Promise<LargeArtifact> {
  const directory = await mkdtemp(join(tmpdir(), "tracklet-large-"));
  const server = over === "socket" ? await startLargeServer(directory) : undefined;
  let before = 0;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    const path = join(directory, "large.bin");
    const sent = await writeFile(path, megabytes);
    const tracker = await openTracker({
      directory: join(directory, "store"),
      ...(server && { trackingUri: server.trackingUri }),
    });
    const run = tracker.startRun();
    // Once all that is needed is loaded.
    await run.logText("first", "first.txt");
    await tracker.downloadArtifacts(run.localId, "first.txt", { to: directory });
    before = process.memoryUsage().rss;
    most = before;
    const serverBefore = server?.peak() ?? 0;
    const begun = performance.now();
    await run.logArtifact(path, "model", server ? {} : { reference: true });
    await run.end();
    await tracker.flush();
    const up = performance.now();
    const back = await tracker.downloadArtifacts(run.localId, "model/large.bin", { to: join(directory, "back") });
    const down = performance.now();
    await tracker.close();
    const grown = Math.round((most - before) / megabyte);
    const serverGrown = Math.round(((server?.peak() ?? serverBefore) - serverBefore) / megabyte);
    const equal = (await stat(back)).size === megabytes * megabyte && (await hashOf(back)) === sent;
    const [upSeconds, downSeconds] = [(up - begun) / 1000, (down - up) / 1000];
    return { megabytes, grown, serverGrown, upSeconds, downSeconds, equal };
  } finally {
    clearInterval(watch);
    await server?.close();
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
  for (const over of ["call", "socket"] as const) {
    const { megabytes, grown, serverGrown, upSeconds, downSeconds, equal } = await largeArtifact(1024, over);
    const where = over === "call" ? "in this process" : `over a socket (the server grew by ${serverGrown} MB)`;
    console.log(
      `\nAn artifact of ${megabytes} MB ${where}: up in ${upSeconds.toFixed(1)} s, down in ${downSeconds.toFixed(1)} s, ` +
        `memory grew by ${grown} MB, bytes ${equal ? "equal" : "DIFFER"}`,
    );
  }
}
