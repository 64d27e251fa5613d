import { describe, expect, test } from "vitest";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { type Harness, harness } from "./harness.ts";

/** A memory storage that counts the headers that it gave. */
function counting(): { readonly storage: QueueStorage; given: number } {
  const inner = memoryQueue();
  const counted = {
    given: 0,
    storage: {
      ...inner,
      async open() {
        const store = await inner.open();
        const heads = store.heads.bind(store);
        store.heads = async (after, limit) => {
          const page = await heads(after, limit);
          counted.given += page.length;
          return page;
        };
        return store;
      },
    },
  };
  return counted;
}

/** Puts `chunks` chunks of one point each for each run, in turns. */
async function backlog(it: Harness, runs: readonly string[], chunks: number): Promise<void> {
  it.queue.pause();
  for (const name of runs) it.start(name);
  for (let step = 0; step < chunks; step++)
    for (const name of runs) it.queue.logMetric(`local-${name}`, "m", 1, 1, step);
  await it.runtime.clock.until(it.queue.flush({ until: "durable" }));
  it.queue.resume();
}

const nothing = { points: 0, requests: 0 };
const one = { delivery: { batchSize: 1 } };

describe("Queue with a run that is stuck", () => {
  test.each(["runs/create", "runs/log-batch"])(
    "delivers another one whole, behind 300 chunks of a run whose %s is answered 500 for ever",
    async (route) => {
      const it = harness(one);
      const ofA = (id: unknown): boolean => it.oracle.runs.get(String(id))?.name === "a";
      it.oracle.fault = ({ path, body }) =>
        path.endsWith(route) && (body.run_name === "a" || ofA(body.run_id)) ? { status: 500 } : undefined;
      await backlog(it, ["a"], 300);
      const b = it.start("b");
      for (let step = 0; step < 300; step++) it.queue.logMetric(b, "m", 1, 1, step);
      it.queue.updateRun(b, { status: "FINISHED" });
      await it.runtime.clock.advance(60_000);
      expect(it.oracle.named("b").points.size).toBe(300);
      expect(it.oracle.named("b").status).toBe("FINISHED");
      expect(await it.runtime.clock.until(it.queue.settle({ runs: [b], timeout: 1_000 }))).toBe(0);
    },
  );

  test("creates another one within seconds, hours after the server began to fail at the creation of three", async () => {
    const it = harness();
    const bad = ["a", "b", "c"];
    it.oracle.fault = ({ path, body }) =>
      path.endsWith("runs/create") && bad.includes(String(body.run_name)) ? { status: 500 } : undefined;
    for (const name of bad) it.start(name);
    await it.runtime.clock.advance(3 * 3_600_000);
    expect(it.queue.status().host).toBe("retrying");
    const good = it.start("d");
    await it.runtime.clock.advance(11_000);
    expect(it.queue.knownRunId(good)).toBeDefined();
    expect(it.queue.status().host).toBe("ok");
  });

  test("delivers what was passed in order when the run goes on, its end last", async () => {
    const it = harness(one);
    let stuck = true;
    it.oracle.fault = ({ path, body }) =>
      stuck && path.endsWith("runs/create") && body.run_name === "a" ? { status: 500 } : undefined;
    await backlog(it, ["a", "b"], 500);
    it.queue.updateRun("local-a", { status: "FINISHED" });
    await it.runtime.clock.advance(10_000);
    expect(it.oracle.named("b").points.size).toBe(500);
    stuck = false;
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect(it.oracle.named("a").points.size).toBe(500);
    // After the end only a look whether its creation, which nobody answered, came a second time.
    expect(it.oracle.trace().slice(-2)).toEqual(["runs/update", "runs/search"]);
  });

  test("keeps all of a parked run with a long backlog until resume()", async () => {
    const it = harness(one);
    await it.runtime.clock.until(it.queue.runId(it.start("a")));
    it.oracle.named("a").deleted = true;
    it.queue.pause();
    for (let step = 0; step < 400; step++) it.queue.logMetric("local-a", "m", 1, 1, step);
    await it.runtime.clock.until(it.queue.flush({ until: "durable" }));
    it.queue.resume();
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: { points: 400, requests: 0 }, pending: nothing });
    it.oracle.named("a").deleted = false;
    it.queue.resume();
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect(it.oracle.named("a").points.size).toBe(400);
  });
});

describe("Queue with an upload that never gets through", () => {
  test("delivers what is logged after it", async () => {
    const it = harness();
    const a = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let tries = 0;
    it.oracle.fault = ({ method }) => (method === "PUT" && ++tries > 0 ? "drop-before" : undefined);
    void it.queue.logArtifact(a, "weights.bin", new Blob(["12345"]));
    for (let n = 0; n < 1_000 && tries === 0; n++) await it.runtime.clock.advance(10);
    await it.runtime.clock.advance(10);
    const b = it.start("b");
    await it.runtime.clock.advance(60_000);
    expect(tries).toBeGreaterThan(1);
    expect(it.oracle.named("b").status).toBe("RUNNING");
    expect(await it.runtime.clock.until(it.queue.runId(b))).toBe(it.oracle.named("b").id);
  });
});

describe("Queue with a long backlog", () => {
  test.each([
    ["of one run", 1, 3_000],
    ["of 100 runs in turns", 100, 30],
    ["of one run in front of 50 others", -50, 1_500],
  ])("%s reads each header about twice", async (_, count, chunks) => {
    const counted = counting();
    const it = harness({ ...one, storage: counted.storage });
    const names = Array.from({ length: Math.abs(count) }, (_, n) => `r${n}`);
    if (count > 0) await backlog(it, names, chunks);
    else {
      await backlog(it, ["long"], chunks);
      await backlog(it, names, chunks / names.length);
    }
    counted.given = 0;
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report.pending).toEqual(nothing);
    expect(counted.given).toBeLessThan(3 * (report.delivered.points + report.delivered.requests) + 1_000);
  });

  test("of a stuck run is not read again and again while others log", async () => {
    const counted = counting();
    const it = harness({ ...one, storage: counted.storage });
    it.oracle.fault = ({ path, body }) =>
      path.endsWith("runs/create") && body.run_name === "a" ? { status: 500 } : undefined;
    await backlog(it, ["a"], 3_000);
    const b = it.start("b");
    await it.runtime.clock.until(it.queue.runId(b));
    counted.given = 0;
    for (let step = 0; step < 200; step++) {
      it.queue.logMetric(b, "m", 1, 1, step);
      await it.runtime.clock.advance(1_000);
    }
    expect(it.oracle.named("b").points.size).toBe(200);
    expect(counted.given).toBeLessThan(1_000);
  });
});

describe("Queue that sends nothing", () => {
  test("does not read what waits again with each put", async () => {
    const counted = counting();
    const it = harness({ storage: counted.storage, delivery: { mode: "manual" } });
    const run = it.start("a");
    for (let chunk = 0; chunk < 300; chunk++) {
      it.queue.logMetric(run, "m", 1, 1, chunk);
      await it.runtime.clock.until(it.queue.flush({ until: "durable" }));
    }
    expect(it.queue.status().waiting).toEqual({ points: 300, requests: 1 });
    expect(counted.given).toBeLessThan(300);
  });
});
