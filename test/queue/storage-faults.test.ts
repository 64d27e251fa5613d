import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/usage-errors.ts";
import type { Queue } from "../../src/queue/queue.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { flaky, type When } from "./flaky-storage.ts";
import { harness, row } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** Logs more than there is room for, delivers the rest, and finds every point in one of two counts. */
async function overfilled(storage: QueueStorage): Promise<{ queue: Queue; run: string; delivered: number }> {
  const it = harness({ storage, delivery: { maxMemoryBytes: 20_000, mode: "manual", flushInterval: 100 } });
  const run = it.start("a");
  for (let step = 0; step < 20_000; step++) {
    it.queue.logMetric(run, "m", Math.sqrt(step), step, step);
    if (step % 700 === 0) await it.runtime.clock.advance(1_100);
  }
  const report = await it.runtime.clock.until(it.queue.flush());
  expect(report).toMatchObject({ pending: nothing });
  expect(report.delivered.points).toBe(it.oracle.named("a").points.size);
  expect(report.delivered.points + report.dropped.points).toBe(20_000);
  return { queue: it.queue, run, delivered: report.delivered.points };
}

describe("Queue over a storage that fails", () => {
  test.each([undefined, "busy"] as const)(
    "counts the parts of a divided chunk once when their acknowledgement fails (%s)",
    async (fault) => {
      // Each of them once; and all for a time while another process has the lock.
      const failed = new Map<unknown, number>();
      const times = fault === "busy" ? 30 : 1;
      const error = new StorageError("it fails", fault && { fault });
      const storage = flaky((name, _, [order]) => {
        const isPart = name === "acknowledge" && Number(order) % 1 !== 0;
        const before = failed.get(order) ?? 0;
        if (!isPart || before >= times) return undefined;
        failed.set(order, before + 1);
        return "before";
      }, error);
      const it = harness({ storage, delivery: { batchSize: 50 } });
      it.oracle.bodyLimit = 700;
      const run = it.start("a");
      for (let step = 0; step < 500; step++) {
        it.queue.logMetric(run, "m", step, step, step);
        if (step % 20 === 0) await it.runtime.clock.advance(700);
      }
      await it.runtime.clock.advance(300_000);
      expect(failed.size).toBeGreaterThan(30);
      expect(it.queue.status()).toMatchObject({ delivered: { points: 500, requests: 1 }, waiting: nothing });
      it.queue.pause();
      for (let step = 500; step < 505; step++) it.queue.logMetric(run, "m", step, step, step);
      expect(it.queue.status().waiting.points).toBe(5);
      expect(it.oracle.named("a").points.size).toBe(500);
    },
  );

  test.each(["append", "heads", "seal", "acknowledge", "markAttempted", "beginTerm", "mapping", "status"])(
    "delivers everything once when %s() fails twice",
    async (operation) => {
      for (const when of ["before", "after"] as const) {
        let left = 2;
        const storage = flaky((name) => (name === operation && left-- > 0 ? when : undefined));
        const { queue, oracle, runtime, start } = harness({ storage });
        const run = start("a");
        for (let step = 0; step < 50; step++) queue.logMetric(run, "m", step, 1, step);
        queue.logParam(run, "p", "1");
        queue.updateRun(run, { status: "FINISHED" });
        await runtime.clock.advance(30_000);
        const report = await runtime.clock.until(queue.flush());
        expect(report).toMatchObject({
          delivered: { points: 50, requests: 3 },
          pending: nothing,
          quarantined: nothing,
        });
        expect(oracle.named("a").points.size).toBe(50);
        expect(oracle.named("a")).toMatchObject({ status: "FINISHED" });
        if (operation !== "status") expect(left).toBeLessThan(1);
      }
    },
  );

  test("counts what it dropped although the storage said that it failed", async () => {
    let drops = 0;
    const storage = flaky((name) => (["drop", "replace"].includes(name) && ++drops % 3 === 0 ? "after" : undefined));
    await overfilled(storage);
    expect(drops).toBeGreaterThan(6);
  });

  test("counts what it dropped although the storage failed then, and when it was asked what had become of that", async () => {
    let drops = 0;
    let asked = false;
    const storage = flaky((name) => {
      if (asked && name === "seal") {
        asked = false;
        return "before";
      }
      asked = ["drop", "replace"].includes(name) && ++drops % 3 === 0;
      return asked ? "after" : undefined;
    });
    const { queue, run, delivered } = await overfilled(storage);
    expect(drops).toBeGreaterThan(6);
    const [line] = (await queue.receipt(run)).lines;
    expect(line).toMatchObject({ logged: 20_000, acknowledged: delivered });
  });

  test("does not send again what was acknowledged when only its deletion fails", async () => {
    let left = 3;
    const storage = flaky((name) => (name === "acknowledge" && left-- > 0 ? "before" : undefined));
    const { queue, oracle, runtime, start } = harness({ storage });
    queue.logMetric(start("a"), "m", 1, 1, 1);
    await runtime.clock.advance(20_000);
    expect((await runtime.clock.until(queue.flush())).pending).toEqual(nothing);
    expect(oracle.trace()).toEqual([
      "experiments/get-by-name",
      "experiments/create",
      "runs/create",
      "runs/log-batch metrics",
    ]);
  });

  test("counts no point twice when a put fails that took place, and its chunk is sent before it is repeated", async () => {
    let appends = 0;
    const storage = flaky((name) => (name === "append" && ++appends % 3 === 0 && appends < 60 ? "after" : undefined));
    const { queue, oracle, runtime, start } = harness({ storage });
    const run = start("a");
    for (let step = 0; step < 100; step++) {
      queue.logMetric(run, "m", step, 1, step);
      await runtime.clock.advance(700);
    }
    appends = 60;
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({ delivered: { points: 100 }, pending: nothing });
    expect(oracle.named("a").points.size).toBe(100);
  });

  test.each(["release", "discard"])("counts a %s() that took place and said that it failed", async (name) => {
    let fails = true;
    const storage = flaky((operation) => (fails && operation === name ? "after" : undefined));
    const it = harness({ storage: { ...storage, durable: true } });
    const { clock } = it.runtime;
    const run = it.start("a");
    let refuses = true;
    it.oracle.fault = ({ path }) =>
      refuses && path.endsWith("log-batch") ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } : undefined;
    it.queue.logMetric(run, "bad", 1, 1, 1);
    await clock.until(it.queue.flush());
    refuses = false;
    const quarantine = await it.queue.quarantine();
    await expect(name === "release" ? quarantine.retry(undefined) : quarantine.discard(undefined)).rejects.toThrow(
      "disk",
    );
    fails = false;
    expect(it.queue.status().quarantined).toEqual(nothing);
    const one = { points: 1, requests: 0 };
    const now = await clock.until(it.queue.flush());
    expect(now).toMatchObject({ pending: nothing, parked: nothing, others: nothing });
    expect(name === "release" ? now.delivered : now.dropped).toMatchObject({ points: 1 });
    it.queue.pause();
    it.queue.logMetric(run, "m", 1, 1, 1);
    await clock.advance(2_000);
    expect(it.queue.status()).toMatchObject({ waiting: one, parked: nothing });
    expect(await clock.until(it.queue.close({ timeout: 10 }))).toMatchObject({ pending: one });
  });

  test("tells it once, answers flush() with what is left, and keeps logging in memory", async () => {
    let broken = true;
    const storage = flaky((name) => (broken && name === "append" ? "before" : undefined));
    const { queue, oracle, runtime, start, problems } = harness({ storage });
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    expect((await runtime.clock.until(queue.flush({ until: "durable" }))).pending).toEqual({ points: 1, requests: 1 });
    expect((await runtime.clock.until(queue.flush())).pending).toEqual({ points: 1, requests: 1 });
    queue.logMetric(run, "m", 2, 2, 2);
    await runtime.clock.advance(10_000);
    expect(problems).toMatchObject([{ kind: "storage" }]);
    broken = false;
    await runtime.clock.advance(10_000);
    expect([...oracle.named("a").points]).toEqual([row("m", 1, 1, 1), row("m", 2, 2, 2)]);
  });

  test("close() asks a storage that takes nothing until it does, and delivers what it took then", async () => {
    let left = 4;
    const storage = { ...flaky((name) => (name === "append" && left-- > 0 ? "before" : undefined)), durable: true };
    const { queue, oracle, runtime, start } = harness({ storage });
    queue.logMetric(start("a"), "m", 1, 1, 1);
    const report = await runtime.clock.until(queue.close());
    expect(report).toMatchObject({ pending: nothing, unkept: nothing, delivered: { points: 1 }, problems: [] });
    expect(oracle.named("a").points.size).toBe(1);
  });

  test.each([
    ["the time of close()", {}, 10_000],
    ["its own time", { timeout: 2_500 }, 2_500],
    ["no time", { timeout: 0 }, 0],
  ])("close() counts what the storage did not take within %s as unkept", async (_, limits, ms) => {
    let broken = false;
    const storage = { ...flaky((name) => (broken && name === "append" ? "before" : undefined)), durable: true };
    const { queue, oracle, runtime, start } = harness({ storage, delivery: { mode: "manual" } });
    const run = start("a");
    await runtime.clock.until(queue.flush({ until: "durable" }));
    broken = true;
    for (let step = 0; step < 1_500; step++) queue.logMetric(run, "m", step, 1, step);
    queue.setTag(run, "t", "1");
    queue.logParam(run, "p", "1");
    const begun = runtime.clock.monotonic();
    const report = await runtime.clock.until(queue.close(limits));
    const left = { points: 1_500, requests: 2 };
    expect(report).toMatchObject({ pending: { points: 1_500, requests: 3 }, unkept: left });
    expect(Math.abs(runtime.clock.monotonic() - begun - ms)).toBeLessThan(50);
    await runtime.clock.advance(20_000);
    expect(oracle.trace()).toEqual([]);
  });

  test("tells in every report what no storage holds, of a queue in memory all", async () => {
    const { queue, runtime, start } = harness({ delivery: { mode: "manual" } });
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    const report = await runtime.clock.until(queue.flush({ until: "durable" }));
    expect(report).toMatchObject({ pending: { points: 1, requests: 1 }, unkept: { points: 1, requests: 1 } });
    let broken = true;
    const storage = { ...flaky((name) => (broken && name === "append" ? "before" : undefined)), durable: true };
    const durable = harness({ storage, delivery: { mode: "manual" } });
    durable.queue.logMetric(durable.start("a"), "m", 1, 1, 1);
    const flush = () => durable.runtime.clock.until(durable.queue.flush({ until: "durable" }));
    expect(await flush()).toMatchObject({ unkept: { points: 1, requests: 1 }, problems: [{ kind: "storage" }] });
    broken = false;
    expect(await flush()).toMatchObject({ pending: { points: 1 }, unkept: nothing, problems: [] });
  });

  test("rejects logArtifact() by name when its body cannot be kept", async () => {
    const storage = flaky((name) => (name === "append" ? "before" : undefined));
    const { queue, runtime, start } = harness({ storage });
    const run = start("a");
    await expect(runtime.clock.until(queue.logArtifact(run, "w.bin", new Blob(["1"])))).rejects.toThrow('"w.bin"');
  });

  test.each(["append", "heads", "seal", "acknowledge", "markAttempted", "beginTerm", "mapping"])(
    "tries %s() again soon, and tells nobody, while another process holds the lock",
    async (operation) => {
      let left = 5;
      const busy = new StorageError("locked", { fault: "busy" });
      const storage = flaky((name) => (name === operation && left-- > 0 ? "before" : undefined), busy);
      const { queue, oracle, runtime, start, problems } = harness({ storage });
      queue.logMetric(start("a"), "m", 1, 1, 1);
      const report = await runtime.clock.until(queue.flush());
      expect(report).toMatchObject({ pending: nothing, problems: [] });
      expect(problems).toEqual([]);
      expect(oracle.named("a").points.size).toBe(1);
      expect(left).toBeLessThan(1);
      expect(runtime.clock.monotonic()).toBeLessThan(500);
    },
  );

  test("tells of a lock that is held for more than a second", async () => {
    const busy = new StorageError("locked", { fault: "busy" });
    const storage = flaky((name) => (name === "heads" ? "before" : undefined), busy);
    const { queue, runtime, start, problems } = harness({ storage });
    queue.logMetric(start("a"), "m", 1, 1, 1);
    await runtime.clock.advance(5_000);
    expect(problems).toMatchObject([
      { kind: "storage", message: expect.stringMatching(/it is tried again\. locked$/) },
    ]);
  });

  test("begins a new term, and sends what is left, after another leader drained the same storage", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.runId(run));
    const store = await it.storage.open();
    await store.beginTerm();
    for (let step = 0; step < 2_500; step++) it.queue.logMetric(run, "m", step, 1, step);
    it.queue.updateRun(run, { status: "FINISHED" });
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, problems: [] });
    expect(it.oracle.named("a").points.size).toBe(2_500);
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });

  test("creates no second run when another leader takes over while a creation is on its way", async () => {
    const it = harness();
    it.oracle.fault = ({ path }) => (path.endsWith("runs/create") ? { delay: 500 } : undefined);
    const run = it.start("a");
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.advance(200);
    const store = await it.storage.open();
    await store.beginTerm();
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect(it.oracle.named("a").points.size).toBe(1);
    expect(it.oracle.trace().filter((name) => name === "runs/create")).toHaveLength(1);
  });

  test("lets one of two queues over one storage deliver what both log", async () => {
    const it = harness();
    let terms = 0;
    const store = await it.storage.open();
    const begin = store.beginTerm.bind(store);
    store.beginTerm = (claim) => {
      terms++;
      return begin(claim);
    };
    const other = harness({ storage: it.storage, oracle: it.oracle, runtime: it.runtime });
    const [a, b] = [it.start("a"), other.start("b")];
    for (let step = 0; step < 120; step++) {
      it.queue.logMetric(a, "m", step, 1, step);
      other.queue.logMetric(b, "m", step, 1, step);
      await it.runtime.clock.advance(1_000);
    }
    await it.runtime.clock.advance(600_000);
    for (const name of ["a", "b"]) expect(it.oracle.named(name).points.size).toBe(120);
    expect(terms).toBe(1);
  });

  test("goes on with a storage that was emptied and numbers its chunks anew", async () => {
    const inner = memoryQueue();
    let store = await inner.open();
    const storage: QueueStorage = {
      ...inner,
      open: async () =>
        new Proxy(store, {
          get: (_, name: keyof QueueStore) =>
            typeof store[name] === "function" ? (store[name] as () => unknown).bind(store) : store[name],
        }),
    };
    const { queue, oracle, runtime, start } = harness({ storage });
    const run = start("a");
    for (let step = 0; step < 5_000; step++) queue.logMetric(run, "m", step, 1, step);
    await runtime.clock.until(queue.flush());
    store = await memoryQueue().open();
    for (let n = 0; n < 3; n++) await store.beginTerm();
    queue.logMetric(run, "m", 1, 2, 3);
    await runtime.clock.advance(10_000);
    expect(oracle.named("a").points.size).toBe(5_001);
    expect(queue.status().waiting).toEqual(nothing);
  });

  test("goes on when the storage opens late", async () => {
    const inner = memoryQueue();
    let tries = 0;
    const storage: QueueStorage = {
      ...inner,
      open: () => (++tries < 3 ? Promise.reject(new Error("locked")) : inner.open()),
    };
    const { queue, oracle, runtime, start, problems } = harness({ storage });
    queue.logMetric(start("a"), "m", 1, 1, 1);
    await runtime.clock.advance(10_000);
    expect((await runtime.clock.until(queue.flush())).pending).toEqual(nothing);
    expect(oracle.named("a").points.size).toBe(1);
    expect(problems).toMatchObject([{ kind: "storage" }]);
  });

  test("delivers everything once whatever operations fail", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 2, max: 150 }), fc.constantFrom<When>("before", "after")), {
          maxLength: 30,
        }),
        fc.array(fc.nat(2_000), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        async (fails, waits, seed) => {
          const at = new Map(fails);
          const { queue, oracle, runtime, start } = harness({ seed, storage: flaky((_, number) => at.get(number)) });
          const runs = [start("a"), start("b")];
          let step = 0;
          for (const ms of waits) {
            for (const run of runs) {
              for (let n = 0; n < 7; n++) queue.logMetric(run, "m", ms, 1, step++);
              queue.setTag(run, "t", String(step));
              queue.logParam(run, `p${step}`, "1");
            }
            await runtime.clock.advance(ms);
          }
          for (const run of runs) queue.updateRun(run, { status: "FINISHED" });
          let report = await runtime.clock.until(queue.flush());
          for (let again = 0; again < 40 && report.pending.points + report.pending.requests > 0; again++) {
            await runtime.clock.advance(2_000);
            report = await runtime.clock.until(queue.flush());
          }
          expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: nothing, dropped: nothing });
          const points = 7 * waits.length;
          for (const name of ["a", "b"]) {
            expect(oracle.named(name).points.size).toBe(points);
            expect(oracle.named(name).params.size).toBe(waits.length);
            expect(oracle.named(name).status).toBe("FINISHED");
          }
          expect(oracle.named("b").tags.get("t")).toBe(String(step));
        },
      ),
      // Puts that took place although they failed, counted while they were tried again.
      {
        numRuns: 60,
        examples: [
          [[[66, "after"]], [0, 351, 649], 0],
          [[[46, "after"]], [0], 0],
        ],
      },
    );
  }, 60_000);
});
