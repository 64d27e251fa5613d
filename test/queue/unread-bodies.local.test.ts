import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { harness } from "./harness.ts";
import { unreadBodies } from "./unread-bodies.ts";

const directory = temporaryDirectories();
let spool = "";

async function queueFile(): Promise<string> {
  const path = join(await directory(), "queue.db");
  spool = `${path}-spool`;
  return path;
}

const left = (): readonly string[] => (existsSync(spool) ? readdirSync(spool) : []);

unreadBodies(async () => sqliteQueue({ path: await queueFile() }), left);

/** A Blob that breaks off in the middle. */
class BrokenBlob extends Blob {
  readonly #error: Error;

  constructor(error: Error) {
    super(["bytes"]);
    this.#error = error;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let read = false;
    return new ReadableStream({
      pull: (controller) => {
        if (read) controller.error(this.#error);
        else controller.enqueue(Uint8Array.of(1, 2));
        read = true;
      },
    });
  }

  override slice(): Blob {
    return this;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(this.#error);
  }
}

test.each([
  [
    "a Blob of a file that changed",
    new DOMException("The blob could not be read", "NotReadableError"),
    'artifact "w.bin" as the file of its Blob must not change, and did: open it again, once it is written',
  ],
  [
    "a file that may not be read",
    Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }),
    'artifact "w.bin" as its file must be readable: EACCES: permission denied',
  ],
])("logArtifact() rejects, and keeps nothing, when reading breaks off in the middle of %s", async (_, error, why) => {
  const it = harness({ storage: sqliteQueue({ path: await queueFile() }), delivery: { mode: "manual" } });
  const run = it.start("a");
  await expect(it.runtime.clock.until(it.queue.logArtifact(run, "w.bin", new BrokenBlob(error)))).rejects.toThrow(why);
  expect(it.queue.status()).toMatchObject({ waiting: { points: 0, requests: 1 }, problems: [] });
  expect(left()).toEqual([]);
  await it.runtime.clock.until(it.queue.close());
});
