import { describe, expect, test } from "vitest";
import { StorageError, type StorageFault } from "../../src/errors/usage-errors.ts";
import { encodeMetrics, encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import type { ChunkDraft } from "../../src/queue/chunk/stored-chunk.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { withFallback } from "../../src/queue/storage/with-fallback.ts";
import { harness, row } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** A storage of which all that `fails` names fails: what changes it, as a full disk does. */
function refusing(fails: (operation: string) => Error | undefined): QueueStorage {
  const inner = memoryQueue();
  return {
    ...inner,
    open: async () =>
      new Proxy(await inner.open(), {
        get(store, name: keyof QueueStore) {
          const value = store[name];
          if (typeof value !== "function") return value;
          return async (...given: unknown[]): Promise<unknown> => {
            const error = fails(name);
            if (error) throw error;
            return (value as (...args: unknown[]) => unknown).apply(store, given);
          };
        },
      }),
  };
}

const changes = ["append", "acknowledge", "replace", "drop", "markAttempted", "quarantine", "map"];

describe("Queue over a storage that takes nothing more", () => {
  test.each<[string, string, StorageFault | undefined]>([
    ["F23", "the quota of this origin is used up (QuotaExceededError)", "full"],
    ["F24", "the disk is full", "full"],
    ["F24", "its folder must exist and be writable", "denied"],
    ["F24", "disk I/O error", undefined],
  ])(
    "%s goes on in memory while %s, says so once, and delivers all of it once when there is room",
    async (_, words, fault) => {
      let full = false;
      const error = new StorageError(words, fault && { fault });
      const storage = refusing((name) => (full && changes.includes(name) ? error : undefined));
      const it = harness({ storage, delivery: { flushInterval: 100 } });
      const run = it.start("a");
      await it.runtime.clock.until(it.queue.flush());
      full = true;
      for (let step = 0; step < 3_000; step++) it.queue.logMetric(run, "m", step, step, step);
      await it.runtime.clock.advance(30_000);
      expect(it.queue.status().waiting).toEqual({ points: 3_000, requests: 0 });
      expect(it.problems.map(({ kind }) => kind)).toEqual(["storage"]);
      expect(it.problems[0]?.cause).toBe(error);
      expect(it.problems[0]?.message).toBe(
        `Cannot keep what is logged: it stays in memory and is tried again. ${words}`,
      );
      full = false;
      await it.runtime.clock.advance(5_000);
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: nothing, dropped: nothing, quarantined: nothing });
      expect(it.oracle.named("a").points.size).toBe(3_000);
      expect(report.delivered.points).toBe(3_000);
    },
  );

  test("F23 does not send again what was acknowledged while there is no room to delete it, and counts it when it is", async () => {
    let full = false;
    const error = new StorageError("no room", { fault: "full" });
    const storage = refusing((name) => (full && changes.includes(name) ? error : undefined));
    const it = harness({ storage });
    const run = it.start("a");
    it.queue.logMetric(run, "m", 1, 1, 1);
    it.oracle.fault = ({ path }) => {
      // The room goes while the request is on its way.
      if (path.endsWith("log-batch")) full = true;
      return undefined;
    };
    const flushed = it.queue.flush({ timeout: 60_000 });
    const report = await it.runtime.clock.until(flushed);
    expect(report.delivered.points).toBe(0);
    expect(it.oracle.named("a").points.size).toBe(1);
    const store = await it.storage.open();
    expect((await store.status()).waiting.points).toBe(1);
    full = false;
    it.oracle.fault = () => undefined;
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({
      pending: nothing,
      delivered: { points: 1 },
    });
    expect(it.oracle.calls.filter(({ path }) => path.endsWith("log-batch"))).toHaveLength(1);
    expect((await store.status()).waiting).toEqual(nothing);
  });

  test("F23 waits for room in the full one, also with another one behind it and with nothing in the full one", async () => {
    let full = false;
    const error = new StorageError("no room", { fault: "full" });
    const first: QueueStorage = {
      ...refusing((name) => (full && name === "append" ? error : undefined)),
      name: "kept",
      durable: true,
    };
    const it = harness({ storage: withFallback(first, memoryQueue()), delivery: { flushInterval: 100 } });
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    full = true;
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.advance(60_000);
    expect([it.queue.durable, it.queue.status().storage]).toEqual([true, "kept"]);
    expect(it.problems.map(({ kind }) => kind)).toEqual(["storage"]);
    expect(it.queue.status().waiting.points).toBe(1);
    full = false;
    await it.runtime.clock.advance(5_000);
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing });
    expect(it.oracle.named("a").points.size).toBe(1);
    await it.runtime.clock.until(it.queue.close());
  });

  test("F23 keeps to the bound of memory by the policy, with counts, while there is no room", async () => {
    let full = true;
    const error = new StorageError("no room", { fault: "full" });
    const storage = refusing((name) => (full && name === "append" ? error : undefined));
    const it = harness({ storage, delivery: { maxMemoryBytes: 100_000, flushInterval: 100 } });
    const run = it.start("a");
    for (let step = 0; step < 40_000; step++) {
      it.queue.logMetric(run, "m", step, step, step);
      if (step % 4_000 === 0) await it.runtime.clock.advance(200);
    }
    expect(it.queue.status().waiting.points * 25).toBeLessThan(150_000);
    const drops = it.problems.filter(({ kind }) => kind === "dropped").map(({ message }) => message);
    expect(drops).toEqual([
      expect.stringMatching(
        /^Points are dropped as the queue is full, now \d+ of steps \d+ to \d+: Cannot keep what is logged: .* no room$/,
      ),
    ]);
    full = false;
    await it.runtime.clock.advance(5_000);
    const report = await it.runtime.clock.until(it.queue.flush());
    const { size } = it.oracle.named("a").points;
    expect(size).toBeGreaterThan(1_000);
    expect(report).toMatchObject({ pending: nothing, delivered: { points: size }, dropped: { points: 40_000 - size } });
    const [line] = (await it.queue.receipt(run)).lines;
    expect(line).toMatchObject({ logged: 40_000, acknowledged: size, dropped: 40_000 - size });
  });
});

describe("Queue over a storage of which a part fails", () => {
  test.each(["heads", "seal", "acknowledge", "verify", "status", "leaveNote"])(
    "F24 tells once that %s() fails, and takes it back when that works again",
    async (operation) => {
      let broken = false;
      const storage = refusing((name) => (broken && name === operation ? new Error("I/O error") : undefined));
      const { queue, oracle, runtime, start, problems } = harness({ storage: { ...storage, durable: true } });
      const run = start("a");
      await runtime.clock.until(queue.flush());
      broken = true;
      queue.logMetric(run, "m", 1, 1, 1);
      await runtime.clock.advance(30_000);
      const told = { kind: "storage", message: expect.stringMatching(/^Cannot read or change .* I\/O error$/) };
      expect([problems, queue.status().problems]).toMatchObject([[told], [told]]);
      broken = false;
      await runtime.clock.advance(15_000);
      expect([oracle.named("a").points.size, queue.status().problems, problems.length]).toEqual([1, [], 1]);
    },
  );
});

describe("Queue over a storage with a damaged chunk", () => {
  const column = (...values: number[]): Float64Array => Float64Array.from(values);
  const metrics = encodeMetrics({
    count: 4,
    keys: ["loss", "acc"],
    key: Uint8Array.of(0, 1, 0, 1),
    value: column(0.5, 1.5, 0.25, 2.5),
    timestamp: column(1, 2, 3, 4),
    step: column(0, 0, 1, 1),
  });
  const params = encodeRequest([["lr", "0.1", 1]]);

  async function withDamage(kind: "metrics" | "params", damaged: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    const storage = memoryQueue();
    const store = await storage.open();
    let sequence = 0;
    const put = (more: Partial<ChunkDraft>): ChunkDraft => ({
      sequence: ++sequence,
      run: "local-a",
      kind: "params",
      count: 1,
      sealed: true,
      at: 1,
      body: params,
      ...more,
    });
    const run = { localId: "local-a", experiment: { name: "Default" }, name: "a", startTime: 1, tags: {} };
    await store.append("earlier", [
      put({ kind: "create", body: encodeRequest(run) }),
      put({ kind: "metrics", count: 4, body: metrics }),
      ...damaged.map((body) => put({ kind, count: kind === "metrics" ? 4 : 1, body })),
      put({ body: encodeRequest([["after", "1", 1]]) }),
    ]);
    const it = harness({ storage: { ...storage, durable: true } });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report.pending).toEqual(nothing);
    const found = it.oracle.named("a");
    expect([...found.points].sort()).toEqual(
      [row("acc", 0, 2, 1.5), row("acc", 1, 4, 2.5), row("loss", 0, 1, 0.5), row("loss", 1, 3, 0.25)].sort(),
    );
    expect([...found.params]).toEqual([["after", "1"]]);
    const aside = await store.quarantined(0, 1_000);
    expect(aside).toHaveLength(damaged.length);
    for (const [n, { kind: of, order, reason }] of aside.entries()) {
      expect([of, reason]).toEqual([kind, expect.stringContaining("its checksum does not fit its bytes")]);
      expect([...(await store.quarantinedChunk(order))!.body]).toEqual([...damaged[n]!]);
    }
    await it.runtime.clock.until(it.queue.close());
  }

  test.each([
    ["metrics" as const, metrics],
    ["params" as const, params],
  ])(
    "F25 quarantines %s flipped at any byte, with the bytes, and delivers the rest",
    async (kind, body) => {
      const flipped = Array.from(body, (byte, at) => {
        const bytes = body.slice();
        bytes[at] = byte ^ (1 << (at % 8));
        return bytes;
      });
      await withDamage(kind, flipped);
    },
    60_000,
  );

  test.each([
    ["metrics" as const, metrics],
    ["params" as const, params],
  ])(
    "F25 quarantines %s cut at any byte, with the bytes, and delivers the rest",
    async (kind, body) => {
      await withDamage(
        kind,
        Array.from(body, (_, at) => body.slice(0, at)),
      );
    },
    60_000,
  );
});
