import { describe, expect, test } from "vitest";
import { checksum } from "../../src/internal/checksum.ts";
import { encodeMetrics } from "../../src/queue/chunk/chunk-codec.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import type { DeliveryOptions, QueueStatus } from "../../src/queue/types.ts";
import { type Harness, harness } from "./harness.ts";

function flooded(delivery: DeliveryOptions, storage?: QueueStorage) {
  const it = harness({ ...(storage && { storage }), delivery: { maxMemoryBytes: 100_000, ...delivery } });
  it.oracle.fault = () => "drop-before";
  return { ...it, run: it.start("a", { tags: { keep: "1" } }) };
}

/** Logs far more than a storage with room for 60,000 bytes takes, and counts what stays and what goes. */
async function overfilled(
  { queue, runtime }: Pick<Harness, "queue" | "runtime">,
  run: string,
  storage: QueueStorage,
): Promise<Pick<QueueStatus, "waiting" | "dropped">> {
  for (let step = 0; step < 30_000; step++) {
    queue.logMetric(run, "m", Math.sqrt(step), step, step);
    if (step % 3_000 === 0) await runtime.clock.advance(1_500);
  }
  await runtime.clock.until(queue.flush({ until: "durable" }));
  await runtime.clock.advance(1_000);
  expect((await (await storage.open()).status()).bytes).toBeLessThanOrEqual(60_000);
  const { waiting, dropped } = queue.status();
  expect(dropped.points).toBeGreaterThan(10_000);
  expect(waiting.points + dropped.points).toBe(30_000);
  return { waiting, dropped };
}

describe.each(["decimate", "drop-oldest-metrics", "block"] as const)("Queue that is full, with %s,", (whenFull) => {
  test("bounds its memory, counts what goes, and delivers all the rest", async () => {
    const { queue, oracle, runtime, storage, problems, run } = flooded({ whenFull });
    queue.logParam(run, "p", "1");
    for (let step = 0; step < 40_000; step++) {
      queue.logMetric(run, "m", Math.sqrt(step), 1_000_000 + step, step);
      if (step % 4_000 === 0) await runtime.clock.advance(1_500);
    }
    queue.updateRun(run, { status: "FINISHED" });
    await runtime.clock.until(queue.flush({ until: "durable" }));
    await runtime.clock.advance(0);
    const store = await storage.open();
    expect((await store.status()).bytes).toBeLessThan(110_000);
    const { dropped, waiting } = queue.status();
    expect(dropped.points).toBeGreaterThan(20_000);
    expect(waiting.points + dropped.points).toBe(40_000);
    expect((await store.status()).waiting.points).toBe(waiting.points);

    oracle.fault = () => undefined;
    const report = await runtime.clock.until(queue.flush());
    expect(report.pending).toEqual({ points: 0, requests: 0 });
    const found = oracle.named("a");
    expect(found.points.size + report.dropped.points).toBe(40_000);
    expect(found).toMatchObject({ status: "FINISHED" });
    expect(found.params.get("p")).toBe("1");
    expect(found.tags.get("keep")).toBe("1");
    expect(problems.filter(({ kind }) => kind === "dropped")).toMatchObject([
      { run, message: expect.stringMatching(/ of steps \d+ to \d+: raise delivery\.maxMemoryBytes, log less often/) },
    ]);
    const line = (await queue.receipt(run)).lines.find(({ key }) => key === "m");
    expect(line).toMatchObject({ logged: 40_000, dropped: report.dropped.points, acknowledged: found.points.size });
  });
});

describe("Queue that is full", () => {
  test("keeps the newest points with drop-oldest-metrics, and points of all times with decimate", async () => {
    const steps = async (whenFull: "decimate" | "drop-oldest-metrics"): Promise<number[]> => {
      const { queue, oracle, runtime, run } = flooded({ whenFull });
      for (let step = 0; step < 30_000; step++) queue.logMetric(run, "m", step, step, step);
      await runtime.clock.until(queue.flush({ until: "durable" }));
      oracle.fault = () => undefined;
      await runtime.clock.until(queue.flush());
      return [...oracle.named("a").points].map((point) => JSON.parse(point)[1] as number).sort((a, b) => a - b);
    };
    expect((await steps("drop-oldest-metrics"))[0]).toBeGreaterThan(20_000);
    expect((await steps("decimate"))[0]).toBeLessThan(100);
  });

  test("never drops a chunk that is on its way, or may have arrived", async () => {
    const { queue, oracle, runtime, run } = flooded({ concurrency: 1 });
    oracle.fault = () => undefined;
    await runtime.clock.until(queue.flush());
    for (const fault of [{ delay: 20_000 }, "drop-after"] as const) {
      oracle.fault = ({ path }) => (path.endsWith("log-batch") ? fault : undefined);
      const base = fault === "drop-after" ? 1e6 : 0;
      for (let step = 0; step < 20_000; step++) {
        queue.logMetric(run, "m", step, step, base + step);
        if (step % 1_000 === 0) await runtime.clock.advance(1_200);
      }
      oracle.fault = () => undefined;
      const report = await runtime.clock.until(queue.flush());
      expect(report.pending).toEqual({ points: 0, requests: 0 });
      expect(report.dropped.points).toBeGreaterThan(5_000);
      expect(report.delivered.points + report.dropped.points).toBe(base === 0 ? 20_000 : 40_000);
      expect(oracle.named("a").points.size).toBe(report.delivered.points);
    }
  });

  test("bounds its memory in a loop that never yields", () => {
    const { queue, run } = flooded({});
    for (let step = 0; step < 200_000; step++) queue.logMetric(run, "m", step + 0.5, step, step);
    expect(queue.status().waiting.points).toBeLessThan(6_000);
    expect(queue.status().waiting.points + queue.status().dropped.points).toBe(200_000);
  });

  test("keeps within what the platform has room for, when that is less than maxStoredBytes", async () => {
    const memory = memoryQueue();
    const room = async (): Promise<number> => 60_000;
    const storage: QueueStorage = { name: "small", durable: true, open: () => memory.open(), room };
    const it = harness({ storage });
    it.oracle.fault = () => "drop-before";
    const run = it.start("a");
    await overfilled(it, run, storage);
  });

  test("keeps within maxStoredBytes in a durable storage with block, and counts exactly what goes", async () => {
    const storage: QueueStorage = { ...memoryQueue(), durable: true };
    const it = flooded({ whenFull: "block", maxStoredBytes: 60_000 }, storage);
    const { queue, oracle, runtime, run } = it;
    const { waiting, dropped } = await overfilled(it, run, storage);
    oracle.fault = () => undefined;
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({ dropped, delivered: { points: waiting.points } });
    expect(oracle.named("a").points.size).toBe(waiting.points);
    const [line] = (await queue.receipt(run)).lines;
    expect(line).toMatchObject({ logged: 30_000, dropped: dropped.points, acknowledged: waiting.points });
    expect(it.problems.find(({ kind }) => kind === "dropped")?.message).toContain("raise delivery.maxStoredBytes");
  });

  test.each(["damaged", "newer"] as const)(
    "keeps within maxStoredBytes beside a dense chunk that is %s",
    async (what) => {
      const storage: QueueStorage = { ...memoryQueue(), durable: true };
      const count = 1_000;
      const column = Float64Array.from({ length: count }, (_, step) => step);
      const columns = { value: column, timestamp: column, step: column };
      const body = encodeMetrics({ count, keys: ["m"], key: new Uint8Array(count), ...columns });
      if (what === "damaged") body[100]! ^= 1;
      else {
        body[0] = 2;
        new DataView(body.buffer).setUint32(body.length - 4, checksum(body, body.length - 4), true);
      }
      const store = await storage.open();
      await store.append("e", [{ sequence: 1, run: "e", kind: "metrics", count, sealed: true, at: 0, body }]);
      // Where something is sent, it sets aside what is damaged before it makes room.
      const mode = what === "damaged" ? "manual" : "auto";
      const it = flooded({ maxStoredBytes: 60_000, mode }, storage);
      const { queue, runtime, problems, run } = it;
      for (let step = 0; step < 30_000; step++) {
        queue.logMetric(run, "m", Math.sqrt(step), step, step);
        if (step % 3_000 === 0) await runtime.clock.advance(1_500);
      }
      await runtime.clock.until(queue.flush({ until: "durable" }));
      await runtime.clock.advance(1_000);
      expect((await store.status()).bytes).toBeLessThanOrEqual(60_000);
      expect([...(await store.chunk(1))!.body]).toEqual([...body]);
      expect(queue.status().dropped.points).toBeGreaterThan(10_000);
      expect(problems.filter(({ kind }) => kind === "storage")).toEqual([]);
    },
  );

  test("keeps within maxStoredBytes beside a dense chunk that may have arrived", async () => {
    const storage: QueueStorage = { ...memoryQueue(), durable: true };
    const it = flooded({ maxStoredBytes: 60_000 }, storage);
    const { queue, oracle, runtime, run } = it;
    oracle.fault = ({ path }) => (path.endsWith("log-batch") ? "drop-after" : undefined);
    await runtime.clock.until(queue.flush());
    for (let step = 0; step < 30_000; step++) {
      queue.logMetric(run, "m", Math.sqrt(step), step, step);
      if (step % 3_000 === 2_999) await runtime.clock.advance(1_500);
    }
    await runtime.clock.until(queue.flush({ until: "durable" }));
    await runtime.clock.advance(1_000);
    const store = await storage.open();
    expect((await store.status()).bytes).toBeLessThanOrEqual(60_000);
    expect(await store.heads(0, 1)).toMatchObject([{ kind: "metrics", count: 1_000 }]);
  });

  test("counts the room of artifacts that an earlier process left, and of nothing twice", async () => {
    const storage: QueueStorage = { ...memoryQueue(), durable: true };
    const before = harness({ storage, delivery: { maxStoredBytes: 1_000 } });
    before.oracle.fault = () => "drop-before";
    const run = before.start("a");
    await before.runtime.clock.until(before.queue.logArtifact(run, "a.bin", new Blob(["a".repeat(900)])));
    await before.runtime.clock.until(before.queue.close({ timeout: 1_000 }));

    const it = harness({ storage, delivery: { maxStoredBytes: 1_000 }, oracle: before.oracle, seed: 2 });
    it.oracle.fault = () => undefined;
    const next = it.start("b");
    const log = (size: number): Promise<void> =>
      it.runtime.clock.until(it.queue.logArtifact(next, "b.bin", new Blob(["b".repeat(size)])));
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(5_000);
    await expect(log(1_500)).rejects.toThrow("b.bin");
    await expect(log(950)).resolves.toBeUndefined();
    await it.runtime.clock.until(it.queue.flush());
  });

  test("lets logArtifact() go on with block while the storage has room, however little the memory may hold", async () => {
    const storage: QueueStorage = { ...memoryQueue(), durable: true };
    const { queue, runtime, run } = flooded({ whenFull: "block", maxMemoryBytes: 10_000 }, storage);
    for (let step = 0; step < 5_000; step++) {
      queue.logMetric(run, "m", Math.sqrt(step), step, step);
      if (step % 100 === 0) await runtime.clock.until(queue.flush({ until: "durable" }));
    }
    expect((await (await storage.open()).status()).bytes).toBeGreaterThan(20_000);
    const before = runtime.clock.monotonic();
    await runtime.clock.until(queue.logArtifact(run, "w.bin", new Blob(["1"])));
    expect(runtime.clock.monotonic()).toBe(before);
  });

  test("makes logArtifact() wait with block until others are delivered, where it rejects otherwise", async () => {
    for (const whenFull of ["block", "decimate"] as const) {
      const { queue, oracle, runtime, run } = flooded({ whenFull, maxStoredBytes: 30_000 });
      const body = new Blob(["x".repeat(20_000)]);
      await runtime.clock.until(queue.logArtifact(run, "0.bin", body));
      const kept: string[] = [];
      const others = ["1.bin", "2.bin"].map((path) =>
        queue.logArtifact(run, path, body).then(
          () => kept.push(path),
          (error: Error) => kept.push(error.message),
        ),
      );
      await runtime.clock.advance(60_000);
      if (whenFull === "decimate") {
        expect(kept).toEqual([expect.stringContaining('"1.bin"'), expect.stringContaining('"2.bin"')]);
        continue;
      }
      expect(kept).toEqual([]);
      oracle.fault = () => undefined;
      await runtime.clock.until(Promise.all(others));
      expect(kept).toEqual(["1.bin", "2.bin"]);
      await runtime.clock.until(queue.flush());
      const lines = (await queue.receipt(run)).lines.filter(({ kind }) => kind === "artifact");
      expect(lines.map(({ key, acknowledged }) => [key, acknowledged])).toEqual([
        ["0.bin", 1],
        ["1.bin", 1],
        ["2.bin", 1],
      ]);
      const huge = queue.logArtifact(run, "huge.bin", new Blob(["x".repeat(30_001)]));
      await expect(runtime.clock.until(huge)).rejects.toThrow('"huge.bin"');
    }
  });
});
