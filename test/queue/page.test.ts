import { describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";
import { shared } from "./shared-pages.ts";

const nothing = { points: 0, requests: 0 };

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
