import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** A storage that pages share, with locks that can stall as those of browsers, and a count of who holds one. */
function shared(): {
  storage: QueueStorage;
  held: () => number;
  leads: () => boolean;
  locks: NonNullable<QueueStore["locks"]>;
  names: () => string[];
} {
  const memory = memoryQueue();
  const locked = new Set<string>();
  const waiting = new Map<string, (() => void)[]>();
  const locks: NonNullable<QueueStore["locks"]> = {
    stalls: true,
    acquire: (name, { wait } = {}) =>
      new Promise((resolve, reject) => {
        const queue = waiting.get(name) ?? [];
        waiting.set(name, queue);
        const take = (): void => {
          locked.add(name);
          let mine = true;
          resolve(() => {
            if (!mine) return;
            mine = false;
            locked.delete(name);
            queue.shift()?.();
          });
        };
        wait?.addEventListener("abort", () => {
          const at = queue.indexOf(take);
          if (at >= 0) queue.splice(at, 1);
          reject(new DOMException("aborted", "AbortError"));
        });
        if (!locked.has(name)) take();
        else if (wait) queue.push(take);
        else resolve(undefined);
      }),
  };
  let store: Promise<QueueStore> | undefined;
  return {
    locks,
    names: () => [...locked],
    held: () => locked.size,
    leads: () => locked.has("leader"),
    storage: {
      name: "shared",
      durable: true,
      open() {
        store ??= memory.open().then(
          (memoryStore) =>
            new Proxy(memoryStore, {
              get(target, name) {
                if (name === "locks") return locks;
                if (name === "broadcast") return undefined;
                if (name === "close") return async () => {};
                const value = Reflect.get(target, name) as unknown;
                return typeof value === "function" ? value.bind(target) : value;
              },
            }),
        );
        return store;
      },
    },
  };
}

/** A queue with one run that the server has, and nothing else. */
async function started(it: Harness): Promise<string> {
  const run = it.start("a");
  await it.runtime.clock.until(it.queue.flush());
  return run;
}

describe("Queue of a page that goes out of sight", () => {
  test.each(["hidden", "frozen", "cached", "left"] as const)("F34 %s: the last points are put at once", async (how) => {
    const it = harness({ delivery: { flushInterval: 1e6 } });
    const run = await started(it);
    it.queue.pause();
    it.queue.logMetric(run, "m", 1, 1, 1);
    it.runtime.lifecycle.hide(how);
    await it.runtime.clock.advance(0);
    expect((await (await it.storage.open()).status()).waiting.points).toBe(1);
  });

  test("F34 hidden: goes on sending in the background, and keeps its lock", async () => {
    const { storage, leads } = shared();
    const it = harness({ storage });
    const run = await started(it);
    it.runtime.lifecycle.hide("hidden");
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.advance(5_000);
    expect(leads()).toBe(true);
    expect(it.oracle.named("a").points.size).toBe(1);
  });

  test.each(["frozen", "cached", "left"] as const)(
    "F35 %s: its lock is free before anything is waited for, and another page goes on",
    async (how) => {
      const { storage, leads } = shared();
      const it = harness({ storage });
      const run = await started(it);
      it.oracle.fault = () => ({ delay: 1e9 });
      for (let step = 0; step < 10; step++) it.queue.logMetric(run, "m", step, step, step);
      await it.runtime.clock.advance(5_000);
      expect(leads()).toBe(true);
      it.runtime.lifecycle.hide(how);
      expect(leads()).toBe(false);
      await it.runtime.clock.advance(0);
      it.oracle.fault = () => undefined;
      const other = harness({
        storage,
        oracle: it.oracle,
        runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }),
      });
      await other.queue.recover();
      await it.runtime.clock.advance(10_000);
      expect(it.oracle.named("a").points.size).toBe(10);
      expect(leads()).toBe(true);
    },
  );

  test("F35 restored: leads again when nobody else does, sends at once, and no clock jump hurts", async () => {
    const { storage, leads } = shared();
    const it = harness({ storage });
    const run = await started(it);
    it.runtime.lifecycle.hide("frozen");
    await it.runtime.clock.advance(0);
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.advance(8 * 3_600_000);
    expect([leads(), it.oracle.named("a").points.size]).toEqual([false, 0]);
    it.runtime.lifecycle.show();
    await it.runtime.clock.advance(20_000);
    expect([leads(), it.oracle.named("a").points.size]).toEqual([true, 1]);
    expect((await it.runtime.clock.until(it.queue.close())).pending).toEqual(nothing);
    expect(it.runtime.lifecycle.listeners).toBe(0);
  });

  test("F35 restored: follows when another page leads by now, and all is delivered once", async () => {
    const { storage, leads } = shared();
    const it = harness({ storage });
    const run = await started(it);
    it.runtime.lifecycle.hide("frozen");
    await it.runtime.clock.advance(0);
    const other = harness({ storage, oracle: it.oracle, runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }) });
    other.queue.logMetric(other.start("b"), "m", 1, 1, 1);
    await it.runtime.clock.until(other.queue.flush());
    it.runtime.lifecycle.show();
    it.queue.logMetric(run, "m", 1, 1, 1);
    expect((await it.runtime.clock.until(it.queue.flush())).pending).toEqual(nothing);
    expect(leads()).toBe(true);
    expect([it.oracle.named("a").points.size, it.oracle.named("b").points.size]).toEqual([1, 1]);
  });
});

describe("Queue of a page in the back-forward cache", () => {
  test("F35 holds no lock there, not even the one that shows that it lives; its runs that were ended go on", async () => {
    const { storage, held } = shared();
    const it = harness({ storage });
    const run = await started(it);
    it.runtime.lifecycle.hide("cached");
    expect(held()).toBe(0);
    await it.runtime.clock.advance(0);
    const other = harness({ storage, oracle: it.oracle, runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }) });
    await other.queue.recover();
    await it.runtime.clock.advance(120_000);
    expect(it.oracle.named("a").status).toBe("FAILED");
    await it.runtime.clock.until(other.queue.close());
    it.runtime.lifecycle.show();
    await it.runtime.clock.advance(60_000);
    expect(it.oracle.named("a").status).toBe("RUNNING");
    expect(it.oracle.named("a").tags.has("mlflow.tracklet.endedBy")).toBe(false);
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.until(it.queue.flush());
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });

  test("F35 restored: shows that it lives as soon as it can, when another page just looks whether it does", async () => {
    const { storage, locks, names } = shared();
    const it = harness({ storage });
    await started(it);
    const [own] = names().filter((name) => name !== "leader");
    it.runtime.lifecycle.hide("cached");
    await it.runtime.clock.advance(0);
    const unlock = await locks.acquire(own!);
    it.runtime.lifecycle.show();
    await it.runtime.clock.advance(3_000);
    unlock!();
    await it.runtime.clock.advance(3_000);
    expect(names()).toContain(own);
    it.runtime.lifecycle.hide("frozen");
    const other = harness({ storage, oracle: it.oracle, runtime: manualRuntime({ clock: it.runtime.clock, seed: 2 }) });
    await other.queue.recover();
    await it.runtime.clock.advance(120_000);
    expect(it.oracle.named("a").status).toBe("RUNNING");
  });

  test("F35 a run that nobody ended meanwhile costs no request", async () => {
    const { storage } = shared();
    const it = harness({ storage });
    await started(it);
    const before = it.oracle.calls.length;
    it.runtime.lifecycle.hide("cached");
    await it.runtime.clock.advance(1_000);
    it.runtime.lifecycle.show();
    await it.runtime.clock.advance(60_000);
    expect(it.oracle.calls.length).toBe(before);
  });
});
