import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { StorageError } from "../../src/errors/usage-errors.ts";
import { createQueue } from "../../src/queue/create-queue.ts";
import type { Queue } from "../../src/queue/queue.ts";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import type { QueueStore } from "../../src/queue/storage.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { harness } from "./harness.ts";

const directory = temporaryDirectories();
const newPath = async (): Promise<string> => join(await directory(), "queue.db");

/** A queue of a server that is told what to do as a process does that ends at once. */
async function queueOf(uri: string, path: string): Promise<Queue> {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  const client = createClient({ trackingUri: uri, fetch: oracle.fetch, runtime });
  const storage = sqliteQueue({ path, clock: runtime.clock });
  const queue = createQueue({
    storage,
    client: async () => client,
    runtime,
    destination: { uri },
    onProblem: () => {},
  });
  await queue.prepare();
  queue.createRun({ localId: uri, experiment: { name: "Default" }, name: uri, startTime: 1, tags: {} });
  queue.logMetric(uri, "loss", 1, 1, 1);
  return queue;
}

/** What the file holds, and whose it is, as the next process finds it. */
const held = (path: string): unknown =>
  withSqliteFile(path, (database) => ({
    destination: database.prepare("SELECT value FROM queue_meta WHERE name = 'destination'").get()?.["value"],
    points: database.prepare("SELECT waiting_points AS points FROM queue_state").get()?.["points"],
  }));

const bound = (store: QueueStore, it: unknown): unknown => (typeof it === "function" ? it.bind(store) : it);

describe("the end of a program with a queue file", () => {
  test("F46 keepNow() says in the file where what it keeps goes, also when nothing was opened before", async () => {
    const path = await newPath();
    const queue = await queueOf("http://lab.test", path);
    expect(queue.keepNow().unkept).toEqual({ points: 0, requests: 0 });
    expect(held(path)).toEqual({ destination: JSON.stringify({ uri: "http://lab.test" }), points: 1 });
    await queue.close({ timeout: 0 });
  });

  test("F46 keepNow() puts nothing into the file of another server, and counts it as unkept", async () => {
    const path = await newPath();
    const lab = await queueOf("http://lab.test", path);
    lab.keepNow();
    const other = await queueOf("http://other.test", path);
    const { unkept, problems } = other.keepNow();
    expect(unkept).toEqual({ points: 1, requests: 1 });
    expect(problems.map(({ key }) => key)).toContain("destination");
    expect(held(path)).toEqual({ destination: JSON.stringify({ uri: "http://lab.test" }), points: 1 });
    for (const queue of [lab, other]) await queue.close({ timeout: 0 });
  });

  test("keepNow() keeps which run of the server was resumed, also when nothing was logged to it", async () => {
    const path = await newPath();
    const busy = new StorageError("Cannot change it as another process holds its lock", { fault: "busy" });
    const file = sqliteQueue({ path });
    const open = async (): Promise<QueueStore> => {
      const get = (store: QueueStore, name: keyof QueueStore): unknown =>
        name === "map" ? () => Promise.reject(busy) : store[name];
      return new Proxy(await file.open(), { get: (store, name: keyof QueueStore) => bound(store, get(store, name)) });
    };
    const { queue, runtime, start } = harness({ storage: { ...file, open } });
    start("a");
    await runtime.clock.until(queue.flush());
    queue.adoptRun("far", "f".repeat(32), "0");
    await runtime.clock.advance(100);
    queue.keepNow();
    const store = await file.open();
    expect(await store.mapping("far")).toMatchObject({ runId: "f".repeat(32), adopted: true });
    await queue.close({ timeout: 0 });
  });

  test("F46 close() puts nothing into the file of another server, and says that it is lost, and why", async () => {
    const path = await newPath();
    const runtime = manualRuntime({ seed: 1 });
    const { clock } = runtime;
    const said: string[] = [];
    const tracker = (uri: string, fetch: OracleServer["fetch"]): ReturnType<typeof createTracker> =>
      createTracker({
        trackingUri: uri,
        queue: sqliteQueue({ path, clock }),
        runtime: { ...runtime, terminal: { ...runtime.terminal, writeError: (text) => void said.push(text) } },
        fetch,
        onProblem: () => {},
      });
    const lab = new OracleServer(clock);
    const first = tracker("http://lab.test", lab.fetch);
    first.startRun({ name: "of lab" }).logMetric("loss", 1);
    await clock.until(first.close());

    const other = new OracleServer(clock);
    const second = tracker("http://other.test", other.fetch);
    second.startRun({ name: "secret" }).logMetric("loss", 2);
    const report = await clock.until(second.close({ timeout: 2_000 }));
    expect(report.unkept).toEqual({ points: 1, requests: 2 });
    expect(said.at(-1)).toMatch(/ 1 point .*were in memory and are lost: .* must be of http:\/\/other\.test/);

    const next = tracker("http://lab.test", lab.fetch);
    next.startRun({ name: "of lab, too" });
    await clock.until(next.close());
    expect([...lab.runs.values()].map(({ name }) => name)).toEqual(["of lab", "of lab, too"]);
    expect(other.trace()).toEqual([]);
  });
});
