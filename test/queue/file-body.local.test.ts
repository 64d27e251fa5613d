import { openAsBlob, readdirSync } from "node:fs";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import type { Problem } from "../../src/queue/types.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

const directory = temporaryDirectories();
const none = { points: 0, requests: 0 };
let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

interface Bench {
  readonly tracker: Tracker;
  readonly problems: Problem[];
}

/** A tracker that sends at `flush()` only, and keeps copies of up to 1,000 bytes. */
function open(queue: QueueStorage, onPut: () => Promise<void> = async () => {}): Bench {
  const problems: Problem[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    if (request.method !== "PUT") return server.fetch(request);
    const sent = await request.arrayBuffer();
    await onPut();
    return server.fetch(new Request(request.url, { method: "PUT", body: sent }));
  };
  const tracker = createTracker({
    trackingUri: server.trackingUri,
    fetch,
    experiment: "files",
    queue,
    delivery: { mode: "manual", maxStoredBytes: 1_000 },
    onProblem: (problem) => void (problem.kind === "memory-queue" || problems.push(problem)),
  });
  return { tracker, problems };
}

const large = "x".repeat(5_000);
const told = ({ problems }: Bench): string => problems.map(({ message }) => message).join("\n");

const storages: [name: string, make: (folder: string) => QueueStorage][] = [
  ["in memory", () => ({ ...memoryQueue(), durable: false })],
  ["in a file", (folder) => sqliteQueue({ path: join(folder, "queue.db") })],
];

describe.each(storages)("S2.4 a file that is larger than a queue %s", (_, make) => {
  test("is sent from where it lies, and takes no room", async () => {
    const folder = await directory();
    const path = join(folder, "weights.bin");
    await writeFile(path, large);
    const bench = open(make(folder));
    const { tracker } = bench;
    const run = tracker.startRun();
    await run.logArtifact(path);
    await run.logText("small", "small.txt");
    await run.end();
    const { pending, quarantined } = await tracker.flush();
    expect([pending, quarantined]).toEqual([none, none]);
    expect(await (await tracker.openArtifact(run.localId, "weights.bin")).text()).toBe(large);
    await tracker.close();
    expect(told(bench)).toBe("");
  });

  test.each([
    ["changes", (path: string) => appendFile(path, "more")],
    ["is gone", (path: string) => rm(path)],
  ])("is not sent when it %s before its turn, which is told, and costs nothing else", async (_what, harm) => {
    const folder = await directory();
    const path = join(folder, "weights.bin");
    await writeFile(path, large);
    const bench = open(make(folder));
    const { tracker } = bench;
    const run = tracker.startRun();
    await run.logArtifact(path, "model");
    await harm(path);
    await run.logText("small", "small.txt");
    await run.end();
    const { pending, quarantined } = await tracker.flush();
    expect([pending, quarantined.requests]).toEqual([none, 1]);
    expect(told(bench)).toContain(
      'Cannot upload artifact "model/weights.bin" as its bytes must be those that were logged',
    );
    expect((await tracker.listArtifacts(run.localId)).map((file) => file.path)).toEqual(["small.txt"]);
    const lines = (await run.receipt()).lines.filter(({ kind }) => kind === "artifact");
    expect(lines.map(({ key, acknowledged, quarantined: aside }) => [key, acknowledged, aside])).toEqual([
      ["model/weights.bin", 0, 1],
      ["small.txt", 1, 0],
    ]);
    await tracker.close();
  });

  test("is told when it changes while it is sent", async () => {
    const folder = await directory();
    const path = join(folder, "weights.bin");
    await writeFile(path, large);
    const bench = open(make(folder), () => appendFile(path, "more"));
    const run = bench.tracker.startRun();
    await run.logArtifact(path);
    await run.end();
    expect((await bench.tracker.flush()).quarantined.requests).toBe(1);
    expect(told(bench)).toContain("have changed since: log it again");
    await bench.tracker.close();
  });
});

test("S2.4 a Blob of a file that is gone when it is sent is told, and nothing else waits for it", async () => {
  const path = join(await directory(), "weights.bin");
  await writeFile(path, "bytes");
  const bench = open({ ...memoryQueue(), durable: false });
  const { tracker } = bench;
  const run = tracker.startRun();
  await run.logArtifact(await openAsBlob(path), undefined, { name: "weights.bin" });
  await rm(path);
  await run.logText("small", "small.txt");
  await run.end();
  const { pending, quarantined } = await tracker.flush();
  const files = (await tracker.listArtifacts(run.localId)).map((file) => file.path);
  await tracker.close();
  // Deno has read it when it was opened.
  if (files.length === 2) return expect([pending, quarantined]).toEqual([none, none]);
  expect([files, pending, quarantined.requests]).toEqual([["small.txt"], none, 1]);
  expect(told(bench)).toContain('Cannot upload artifact "weights.bin" as its bytes must be those that were logged');
});

describe("S2.4 a queue in a file", () => {
  test("sends a large file after a restart, and keeps only where it lies", async () => {
    const folder = await directory();
    const path = join(folder, "weights.bin");
    await writeFile(path, large);
    const queue = (): QueueStorage => sqliteQueue({ path: join(folder, "queue.db") });
    const before = open(queue());
    const run = before.tracker.startRun();
    await run.logArtifact(path);
    await run.end();
    await before.tracker.close();
    expect(readdirSync(join(folder, "queue.db-spool"))).toEqual([expect.stringMatching(/\.ref$/)]);
    const { tracker } = open(queue());
    expect((await tracker.flush()).pending).toEqual(none);
    expect(await (await tracker.openArtifact(run.localId, "weights.bin")).text()).toBe(large);
    expect(readdirSync(join(folder, "queue.db-spool"))).toEqual([]);
    await tracker.close();
  });

  test.each([
    ["changes", (path: string) => appendFile(path, "more")],
    ["is gone", (path: string) => rm(path)],
  ])("neither keeps nor sends a file that %s before it is copied, and takes what comes after", async (_what, harm) => {
    const folder = await directory();
    const path = join(folder, "checkpoint.bin");
    await writeFile(path, "bytes");
    const storage = sqliteQueue({ path: join(folder, "queue.db") });
    // Right before the storage would read it.
    const queue: QueueStorage = {
      ...storage,
      async open(onProblem) {
        const store = await storage.open(onProblem);
        const append = store.append.bind(store);
        let harmed: Promise<void> | undefined;
        store.append = async (writer, chunks, ...rest) => {
          if (chunks.some(({ blob }) => blob)) harmed ??= harm(path);
          await harmed;
          return append(writer, chunks, ...rest);
        };
        return store;
      },
    };
    const bench = open(queue);
    const run = bench.tracker.startRun();
    await expect(run.logArtifact(path)).rejects.toThrow("must not change while it is read");
    await run.logText("small", "small.txt");
    await run.end();
    expect(readdirSync(join(folder, "queue.db-spool"))).toHaveLength(1);
    const { pending, quarantined } = await bench.tracker.flush();
    expect([pending, quarantined]).toEqual([none, none]);
    expect((await bench.tracker.listArtifacts(run.localId)).map((file) => file.path)).toEqual(["small.txt"]);
    const lines = (await run.receipt()).lines.filter(({ kind }) => kind === "artifact");
    expect(lines.map(({ key, logged, acknowledged }) => [key, logged, acknowledged])).toEqual([["small.txt", 1, 1]]);
    await bench.tracker.close();
    expect(told(bench)).toBe("");
  });
});
