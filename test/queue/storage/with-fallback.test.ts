import { describe, expect, test } from "vitest";
import { StorageError } from "../../../src/errors/usage-errors.ts";
import { memoryQueue } from "../../../src/queue/storage/memory.ts";
import { withFallback } from "../../../src/queue/storage/with-fallback.ts";
import type { QueueStorage } from "../../../src/queue/storage.ts";
import type { Problem } from "../../../src/queue/types.ts";
import { manualRuntime } from "../../support/manual-runtime.ts";
import { harness } from "../harness.ts";

/** A durable storage that cannot be opened, as in a private window, until `allowed` says otherwise. */
function denied(
  allowed: () => boolean = () => false,
  fault: "denied" | "timeout" = "denied",
): QueueStorage & { opened: number } {
  const memory = memoryQueue();
  return {
    name: "kept",
    durable: true,
    opened: 0,
    async open() {
      this.opened++;
      if (allowed()) return memory.open();
      throw new StorageError("Cannot use the queue as this page may not", { fault });
    },
  };
}

describe("withFallback()", () => {
  test("is the first storage where that can be opened", async () => {
    const problems: Problem[] = [];
    const storage = withFallback(
      denied(() => true),
      memoryQueue(),
    );
    const store = await storage.open((problem) => problems.push(problem));
    expect(await storage.open()).toBe(store);
    expect([storage.name, storage.durable, problems]).toEqual(["kept", true, []]);
  });

  test("F30 is the second one for good where it cannot, and says once why and what it means", async () => {
    const problems: Problem[] = [];
    let allowed = false;
    const first = denied(() => allowed);
    const storage = withFallback(first, memoryQueue());
    expect([storage.name, storage.durable]).toEqual(["kept", true]);
    const listener = (problem: Problem): void => void problems.push(problem);
    const [one, other] = await Promise.all([storage.open(listener), storage.open(listener)]);
    allowed = true;
    expect([one === other, (await storage.open(listener)) === one]).toEqual([true, true]);
    expect([storage.name, storage.durable]).toEqual(["memory", false]);
    expect(problems).toMatchObject([{ kind: "memory-queue", cause: { fault: "denied" } }]);
    expect(problems[0]!.message).toContain("is lost. Cannot use the queue as this page may not");
  });

  test("tries both again where neither can be opened", async () => {
    let allowed = false;
    const storage = withFallback(
      denied(() => allowed),
      denied(),
    );
    await expect(storage.open()).rejects.toMatchObject({ fault: "denied" });
    allowed = true;
    await storage.open();
    expect(storage.durable).toBe(true);
  });

  test("knows what the storage knows that is used", async () => {
    const memory = memoryQueue();
    const storage = withFallback(Object.assign(denied(), { holds: () => false }), memory);
    expect(storage.holds?.()).toBe(false);
    await storage.open();
    expect(storage.holds?.()).toBe(true);
  });
});

describe("Queue over a storage that cannot be opened", () => {
  test("F30 goes on in memory: all is delivered, nothing throws, one problem is told", async () => {
    const storage = withFallback(denied(), memoryQueue());
    const { queue, oracle, runtime, start, problems } = harness({ storage });
    const run = start("a");
    for (let step = 0; step < 2_000; step++) queue.logMetric(run, "m", step, step, step);
    queue.updateRun(run, { status: "FINISHED" });
    expect((await runtime.clock.until(queue.flush())).pending).toEqual({ points: 0, requests: 0 });
    expect(oracle.named("a")).toMatchObject({ status: "FINISHED", points: { size: 2_000 } });
    expect(queue.durable).toBe(false);
    expect(problems.map(({ kind }) => kind)).toEqual(["memory-queue"]);
  });

  test("F30 is bounded as memory is", async () => {
    const storage = withFallback(denied(), memoryQueue());
    const { queue, oracle, runtime, start } = harness({ storage, delivery: { maxMemoryBytes: 100_000 } });
    oracle.fault = () => "drop-before";
    const run = start("a");
    for (let step = 0; step < 40_000; step++) {
      queue.logMetric(run, "m", Math.sqrt(step), step, step);
      if (step % 4_000 === 0) await runtime.clock.advance(1_500);
    }
    await runtime.clock.until(queue.flush({ until: "durable" }));
    await runtime.clock.advance(0);
    expect((await (await storage.open()).status()).bytes).toBeLessThan(110_000);
    const { waiting, dropped } = queue.status();
    expect(waiting.points + dropped.points).toBe(40_000);
  });
});

describe("Queue over a storage that gives no answer in time", () => {
  const nothing = { points: 0, requests: 0 };

  test("F27 keeps what is logged there after all when nothing was logged before it answered", async () => {
    let answers = false;
    const first = denied(() => answers, "timeout");
    const storage = withFallback(first, memoryQueue());
    const { queue, runtime, start, problems, oracle } = harness({ storage });
    await queue.recover();
    await runtime.clock.advance(1_000);
    expect([queue.durable, problems.map(({ kind }) => kind)]).toEqual([false, ["memory-queue"]]);
    answers = true;
    await runtime.clock.advance(60_000);
    oracle.fault = () => "drop-before";
    queue.logMetric(start("a"), "m", 1, 1, 1);
    await runtime.clock.until(queue.flush({ until: "durable" }));
    expect(queue.durable).toBe(true);
    expect((await (await first.open()).status()).waiting).toEqual({ points: 1, requests: 1 });
    expect(queue.status().problems.filter(({ kind }) => kind === "memory-queue")).toEqual([]);
  });

  test("F27 moves over once all is delivered, without a point twice, and counts on", async () => {
    let answers = false;
    const first = denied(() => answers, "timeout");
    const storage = withFallback(first, memoryQueue());
    const { queue, runtime, start, oracle } = harness({ storage });
    const run = start("a");
    queue.setTag(run, "t", "1");
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.until(queue.flush());
    queue.logMetric(run, "m", 2, 2, 2);
    await runtime.clock.advance(5_000);
    answers = true;
    await runtime.clock.advance(60_000);
    queue.logMetric(run, "m", 3, 3, 3);
    await runtime.clock.advance(2_000);
    expect(queue.durable).toBe(true);
    queue.updateRun(run, { status: "FINISHED" });
    expect(await runtime.clock.until(queue.flush())).toMatchObject({
      pending: nothing,
      delivered: { points: 3, requests: 3 },
    });
    expect(oracle.named("a")).toMatchObject({ status: "FINISHED", points: { size: 3 } });
    expect((await queue.receipt(run)).lines).toMatchObject([
      { kind: "tag", logged: 1, acknowledged: 1 },
      { kind: "metric", logged: 3, acknowledged: 3 },
    ]);
    const store = await first.open();
    expect((await store.mapping(run))?.runId).toBe(oracle.named("a").id);
    expect((await store.status()).delivered).toEqual({ points: 1, requests: 1 });
    expect(oracle.runs.size).toBe(1);
  });

  test("F27 keeps there which runs are open, so that those of a process that is killed are ended", async () => {
    let answers = false;
    const first = denied(() => answers, "timeout");
    const kept = { ...first, durable: true };
    const { queue, runtime, start, oracle } = harness({ storage: withFallback(first, memoryQueue()) });
    const [a, b] = [start("a"), start("b")];
    await runtime.clock.until(queue.flush());
    await runtime.clock.advance(5_000);
    answers = true;
    await runtime.clock.advance(60_000);
    queue.updateRun(b, { status: "FINISHED" });
    await runtime.clock.until(queue.flush({ until: "durable" }));
    const store = await first.open();
    expect((await store.openRuns("", 10)).map(({ run }) => run)).toEqual([a]);
    await runtime.clock.until(queue.flush());
    expect([oracle.named("a").status, oracle.named("b").status]).toEqual(["RUNNING", "FINISHED"]);
    expect((await store.mapping(b))?.runId).toBe(oracle.named("b").id);
    // Closed without an end, as by a kill: the next one ends it.
    await runtime.clock.until(queue.close());
    const next = harness({ storage: kept, oracle, runtime: manualRuntime({ clock: runtime.clock, seed: 2 }) });
    await next.queue.recover();
    await runtime.clock.advance(60_000);
    expect(oracle.named("a").status).toBe("FAILED");
    expect(await store.openRuns("", 10)).toEqual([]);
    await runtime.clock.until(next.queue.close());
  });

  test("F27 stays in memory while a run waits there for its parent", async () => {
    let answers = false;
    const first = denied(() => answers, "timeout");
    const { queue, runtime, start, oracle } = harness({ storage: withFallback(first, memoryQueue()) });
    const child = start("child", { parent: { local: "local-parent" } });
    await runtime.clock.until(queue.flush({ timeout: 100_000 }));
    expect(oracle.named("child").tags.has("mlflow.parentRunId")).toBe(false);
    answers = true;
    await runtime.clock.advance(60_000);
    queue.logMetric(child, "m", 1, 1, 1);
    await runtime.clock.until(queue.flush());
    expect(queue.durable).toBe(false);
    start("parent");
    await runtime.clock.until(queue.flush());
    expect(oracle.named("child").tags.get("mlflow.parentRunId")).toBe(oracle.named("parent").id);
    queue.logMetric(child, "m", 2, 2, 2);
    await runtime.clock.until(queue.flush());
    expect([queue.durable, oracle.named("child").points.size]).toEqual([true, 2]);
    await runtime.clock.until(queue.close());
  });

  test.each([false, true])("F27 closes what has answered (after it moved over: %s)", async (moves) => {
    let answers = false;
    const first = denied(() => answers, "timeout");
    let closed = 0;
    const counting: QueueStorage = {
      ...first,
      open: async () => {
        const store = await first.open();
        return Object.assign(store, { close: async () => void closed++ });
      },
    };
    const { queue, runtime, start, oracle } = harness({ storage: withFallback(counting, memoryQueue()) });
    const run = start("a");
    await runtime.clock.until(queue.flush());
    if (!moves) oracle.fault = () => "drop-before";
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.advance(5_000);
    answers = true;
    await runtime.clock.advance(60_000);
    await runtime.clock.until(queue.flush({ timeout: 1_000 }));
    expect([queue.durable, closed]).toEqual([moves, 0]);
    await runtime.clock.until(queue.close({ timeout: 1_000 }));
    expect(closed).toBe(1);
  });

  test("F27 stays in memory while something waits there", async () => {
    let answers = false;
    const storage = withFallback(
      denied(() => answers, "timeout"),
      memoryQueue(),
    );
    const { queue, runtime, start, oracle } = harness({ storage });
    oracle.fault = () => "drop-before";
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.advance(5_000);
    answers = true;
    await runtime.clock.advance(60_000);
    queue.logMetric(run, "m", 2, 2, 2);
    await runtime.clock.advance(5_000);
    expect(queue.durable).toBe(false);
    oracle.fault = () => undefined;
    expect((await runtime.clock.until(queue.flush())).pending).toEqual(nothing);
    await runtime.clock.advance(600_000);
    queue.logMetric(run, "m", 3, 3, 3);
    expect((await runtime.clock.until(queue.flush())).pending).toEqual(nothing);
    expect([queue.durable, oracle.named("a").points.size]).toEqual([true, 3]);
    await runtime.clock.until(queue.close());
  });
});

describe("Queue.recover()", () => {
  test("delivers what an earlier queue left, when nothing is logged", async () => {
    const memory = memoryQueue();
    const storage: QueueStorage = { name: "kept", durable: true, open: () => memory.open() };
    const before = harness({ storage });
    before.oracle.fault = () => "drop-before";
    const run = before.start("a");
    before.queue.logMetric(run, "m", 1, 1, 1);
    await before.runtime.clock.until(before.queue.close());
    const { queue, oracle, runtime } = harness({ storage });
    await queue.recover();
    await runtime.clock.advance(60_000);
    expect(oracle.named("a").points.size).toBe(1);
    expect(queue.status()).toMatchObject({
      waiting: { points: 0, requests: 0 },
      delivered: { points: 1, requests: 1 },
    });
  });

  test("opens nothing where nothing can wait, nor does flush() or close() then", async () => {
    const storage = Object.assign(denied(), { holds: () => false });
    const { queue } = harness({ storage });
    await queue.recover();
    await queue.flush();
    await queue.close();
    expect(storage.opened).toBe(0);
  });
});
