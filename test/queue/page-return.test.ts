import { describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";
import { shared } from "./shared-pages.ts";

describe("Queue of a page that comes back from the back-forward cache while another page leads", () => {
  const TAG = "mlflow.tracklet.endedBy";
  interface Pages {
    readonly it: Harness;
    readonly other: Harness;
    readonly clock: Harness["runtime"]["clock"];
    /** How often the desired state of a run is not to be had, and what happens while a lock of its writer is asked for. */
    readonly trouble: { reads: number; onLock: () => void };
    readonly locks: ReturnType<typeof shared>["locks"];
    /** Names of the locks of the page that follows. */
    readonly own: () => string[];
    /** Status and tag of the run "mine". */
    readonly fate: () => unknown[];
  }

  /** Two pages; the other one leads for as long as something of it cannot be delivered. */
  async function pages(): Promise<Pages> {
    const { storage, locks, names } = shared();
    const trouble = { reads: 0, onLock: () => {} };
    const own: typeof locks = {
      ...locks,
      acquire: async (name, options) => {
        if (name.startsWith("writer-")) trouble.onLock();
        return locks.acquire(name, options);
      },
    };
    const opened = await storage.open();
    const store = new Proxy(opened, {
      get(target, name) {
        if (name === "desired" && trouble.reads > 0 && trouble.reads--) return () => Promise.reject(new Error("disk"));
        return name === "locks" ? own : (Reflect.get(target, name) as unknown);
      },
    });
    const other = harness({ storage });
    const { clock } = other.runtime;
    const { oracle } = other;
    oracle.fault = ({ body }) => (JSON.stringify(body).includes('"stuck"') ? { status: 500 } : undefined);
    other.queue.setTag(other.start("other"), "stuck", "1");
    await clock.advance(5_000);
    const before = names();
    const it = harness({
      storage: { ...storage, open: async () => store },
      oracle,
      runtime: manualRuntime({ clock, seed: 2 }),
    });
    const fate = (): unknown[] => [oracle.named("mine").status, oracle.named("mine").tags.get(TAG)];
    return { it, other, clock, trouble, locks, own: () => names().filter((name) => !before.includes(name)), fate };
  }

  /** A run of the page that follows, which the other one ends while it lies in the cache. */
  async function endedInCache({ it, clock, fate }: Pages): Promise<string> {
    const run = it.start("mine");
    it.queue.logMetric(run, "m", 1, 1, 1);
    await clock.advance(5_000);
    it.runtime.lifecycle.hide("cached");
    await clock.advance(30_000);
    expect(fate()).toEqual(["FAILED", "recovery"]);
    return run;
  }

  test.each([true, false])("F35 its runs that were ended go on (it knows their ids: %s)", async (asked) => {
    const all = await pages();
    const { it, clock, fate } = all;
    if (asked) void it.queue.runId("local-mine");
    const run = await endedInCache(all);
    it.runtime.lifecycle.show();
    await clock.advance(30_000);
    expect(fate()).toEqual(["RUNNING", undefined]);
    it.queue.logMetric(run, "m", 2, 2, 2);
    it.queue.updateRun(run, { status: "FINISHED" });
    await clock.advance(30_000);
    expect(it.oracle.named("mine").points.size).toBe(2);
    expect(fate()).toEqual(["FINISHED", undefined]);
  });

  test("F35 a run that it ends in the moment in which it comes back is not said to have been ended by another", async () => {
    const all = await pages();
    const { it, clock, fate } = all;
    const run = await endedInCache(all);
    it.runtime.lifecycle.show();
    it.queue.updateRun(run, { status: "FINISHED" });
    await clock.advance(30_000);
    expect(fate()).toEqual(["FINISHED", undefined]);
  });

  test.each([false, true])(
    "F35 a run that it began in the moment in which it went goes on, and no lock was held meanwhile (asked for: %s)",
    async (isAsked) => {
      const { it, clock, trouble, own, fate } = await pages();
      it.start("before");
      await clock.advance(5_000);
      it.start("mine");
      const hide = (): void => it.runtime.lifecycle.hide("cached");
      if (isAsked) trouble.onLock = hide;
      else hide();
      await clock.advance(0);
      // At once: the page may be thrown away.
      const open = await (await it.storage.open()).openRuns("", 10);
      expect(open.map(({ run }) => run)).toContain("local-mine");
      await clock.advance(30_000);
      expect([own(), fate()]).toEqual([[], ["FAILED", "recovery"]]);
      trouble.onLock = () => {};
      it.runtime.lifecycle.show();
      await clock.advance(30_000);
      expect(fate()).toEqual(["RUNNING", undefined]);
    },
  );

  test("F35 its runs go on each time that it comes back, also when it was gone again at once", async () => {
    const all = await pages();
    const { it, clock, fate } = all;
    await endedInCache(all);
    for (const shown of [0, 500, 30_000]) {
      it.runtime.lifecycle.show();
      if (shown > 0) await clock.advance(shown);
      it.runtime.lifecycle.hide("cached");
      await clock.advance(30_000);
      expect(fate()).toEqual(["FAILED", "recovery"]);
    }
    it.runtime.lifecycle.show();
    await clock.advance(30_000);
    expect(fate()).toEqual(["RUNNING", undefined]);
  });

  test("F35 tells a storage that fails when it comes back, and tries again until its runs go on", async () => {
    const all = await pages();
    const { it, clock, trouble, fate } = all;
    await endedInCache(all);
    trouble.reads = 5;
    it.runtime.lifecycle.show();
    await clock.advance(2_000);
    const told = { kind: "storage", message: expect.stringMatching(/^Cannot read which runs were ended .* disk$/) };
    expect(it.queue.status().problems).toMatchObject([told]);
    await clock.advance(30_000);
    expect([it.problems, it.queue.status().problems]).toMatchObject([[told], []]);
    expect(fate()).toEqual(["RUNNING", undefined]);
  });

  test("F35 its runs go on although others keep its lock for minutes, which it has as soon as it can", async () => {
    const all = await pages();
    const { it, clock, locks, own, fate } = all;
    const run = it.start("mine");
    await clock.advance(5_000);
    const [lock] = own();
    it.runtime.lifecycle.hide("cached");
    await clock.advance(30_000);
    const unlock = await locks.acquire(lock!);
    it.runtime.lifecycle.show();
    await clock.advance(120_000);
    expect(fate()).toEqual(["RUNNING", undefined]);
    unlock!();
    await clock.advance(15_000);
    expect(await locks.acquire(lock!)).toBe(undefined);
    it.queue.updateRun(run, { status: "FINISHED" });
    await clock.advance(30_000);
    expect(fate()).toEqual(["FINISHED", undefined]);
  });

  test.each([
    ["RUNNING", undefined],
    ["FINISHED", undefined],
    ["FAILED", undefined],
    // Who resumes a run without a server need not know of the tag.
    ["KILLED", "recovery"],
  ] as const)("F35 leaves a run as it is that another page resumed meanwhile: %s, %s", async (status, tag) => {
    const all = await pages();
    const { it, other, clock, fate } = all;
    void it.queue.runId("local-mine");
    const run = await endedInCache(all);
    other.queue.updateRun(run, { status: "RUNNING" });
    if (tag === undefined) other.queue.deleteTag(run, TAG);
    if (status !== "RUNNING") other.queue.updateRun(run, { status });
    await clock.advance(10_000);
    const { length } = it.oracle.calls.filter(({ path }) => path.endsWith("runs/update"));
    it.runtime.lifecycle.show();
    await clock.advance(60_000);
    expect(fate()).toEqual([status, tag]);
    expect(it.oracle.calls.filter(({ path }) => path.endsWith("runs/update"))).toHaveLength(length);
  });

  test("F35 leaves the run of a dead page FAILED, to which it had logged no more than a tag", async () => {
    const { it, clock, fate } = await pages();
    const { oracle } = it;
    const dead = harness({ storage: it.storage, oracle, runtime: manualRuntime({ clock, seed: 3 }) });
    const run = dead.start("mine");
    it.start("own");
    await clock.advance(5_000);
    it.queue.setTag(run, "note", "1");
    void it.queue.runId(run);
    await clock.advance(5_000);
    for (const page of [dead, it]) page.runtime.lifecycle.hide("cached");
    await clock.advance(30_000);
    it.runtime.lifecycle.show();
    await clock.advance(30_000);
    expect(fate()).toEqual(["FAILED", "recovery"]);
  });
});

describe("Queue of a page that was frozen", () => {
  test("F35 leaves a run as it is that another page resumed and ended meanwhile", async () => {
    const { storage } = shared();
    const it = harness({ storage });
    const { clock } = it.runtime;
    const run = it.start("a");
    await clock.until(it.queue.flush());
    it.runtime.lifecycle.hide("frozen");
    await clock.advance(1_000);
    const other = harness({ storage, oracle: it.oracle, runtime: manualRuntime({ clock, seed: 2 }) });
    const { id } = it.oracle.named("a");
    other.queue.adoptRun(run, id, "0");
    other.queue.updateRun(run, { status: "RUNNING" });
    other.queue.updateRun(run, { status: "FINISHED", endTime: 9 });
    await clock.until(other.queue.flush());
    expect(it.oracle.named("a").status).toBe("FINISHED");
    it.runtime.lifecycle.show();
    await clock.advance(60_000);
    expect(it.oracle.named("a").status).toBe("FINISHED");
  });
});
