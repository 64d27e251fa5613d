import { describe, expect, test } from "vitest";
import { encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import { writerLock } from "../../src/queue/lead/presence.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { Locks } from "../../src/runtime/ports/locks.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";
import { kinds, World, type WorldProcess } from "./world.ts";

/** Requests that changed the status of a run. */
function endings(world: World, name: string): unknown[] {
  const [id] = [...world.oracle.runs].find(([, run]) => run.name === name)!;
  return world.oracle.calls
    .filter(({ path, body }) => path.endsWith("runs/update") && body["run_id"] === id)
    .map(({ body }) => body["status"]);
}

async function delivered(world: World, ...processes: WorldProcess[]): Promise<void> {
  await world.until(Promise.all(processes.map(({ queue }) => queue.flush())));
}

describe.each(kinds)("Recovery by %s", (_, options) => {
  const locked = options.locks !== "none";

  test("F43 ends the run of a dead process as FAILED, after what it left waiting, once", async () => {
    const world = new World(options);
    const a = world.start();
    const run = a.start("a");
    await delivered(world, a);
    a.queue.logMetric(run, "m", 1, 1, 1);
    await world.until(a.queue.flush({ until: "durable" }));
    const died = a.clock.now();
    a.die();
    const b = world.start();
    b.start("b");
    await world.pass(200_000);
    const found = world.oracle.named("a");
    expect(found).toMatchObject({ status: "FAILED" });
    expect(found.tags.get("mlflow.tracklet.endedBy")).toBe("recovery");
    expect(found.points.size).toBe(1);
    expect(found.endTime).toBeLessThanOrEqual(died);
    expect(found.endTime).toBeGreaterThan(died - 5_000);
    // Told once, by whoever ended it, and over with that.
    expect(b.problems).toMatchObject([
      {
        kind: "run-recovered",
        run,
        message: expect.stringMatching(
          /^The run "a" \([0-9a-f]+\) was open when its program ended without a word: it is FAILED now\. tracker\.resumeRun\("[0-9a-f]+"\) goes on with it$/,
        ),
      },
    ]);
    expect(b.queue.status().problems).toEqual([]);
    b.die();
    const c = world.start();
    c.start("c");
    await world.pass(200_000);
    expect(endings(world, "a")).toEqual(["FAILED"]);
    expect(endings(world, "b")).toEqual(["FAILED"]);
    expect(world.oracle.named("c").status).toBe("RUNNING");
    expect(c.queue.status()).toMatchObject({ waiting: { points: 0, requests: 0 } });
  });

  test("tells of many runs of dead processes in one sentence, and names the first of them", async () => {
    const world = new World(options);
    const a = world.start();
    const runs = Array.from({ length: 5 }, (_, n) => a.start(`run ${n}`));
    await delivered(world, a);
    a.die();
    const b = world.start();
    void b.queue.recover();
    await world.pass(200_000);
    const told = b.problems.filter(({ kind }) => kind === "run-recovered");
    expect(told).toHaveLength(1);
    expect(told[0]!.message).toMatch(
      /^The runs ("run \d" \([0-9a-f]+\), ){2}"run \d" \([0-9a-f]+\) and 2 more were open when their program ended without a word: they are FAILED now\./,
    );
    expect(runs.every((_, n) => world.oracle.named(`run ${n}`).status === "FAILED")).toBe(true);
  });

  test("status() never counts less than nothing while what others left is ended and delivered", async () => {
    const world = new World(options);
    const a = world.start();
    const run = a.start("a");
    await delivered(world, a);
    for (let step = 0; step < 50; step++) a.queue.logMetric(run, "m", step, 1, step);
    await world.until(a.queue.flush({ until: "durable" }));
    a.die();
    const b = world.start();
    void b.queue.recover();
    for (let tries = 0; tries < 100 || world.oracle.named("a").status !== "FAILED"; tries++) {
      await world.pass(tries < 100 ? 100 : 3_000);
      const { waiting, inFlight, parked } = b.queue.status();
      const all = [waiting, inFlight, parked].flatMap(({ points, requests }) => [points, requests]);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    }
  });

  test("F43 ends nothing of a live process, however long that logs nothing, nor what was ended", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    const done = a.start("done");
    a.queue.updateRun(done, { status: "FINISHED" });
    b.start("b");
    await delivered(world, a, b);
    await world.pass(600_000);
    a.die();
    const c = world.start();
    c.start("c");
    await world.pass(300_000);
    expect(world.oracle.named("a").status).toBe("FAILED");
    expect(world.oracle.named("done").status).toBe("FINISHED");
    for (const name of ["b", "c"]) expect(endings(world, name)).toEqual([]);
  });

  test("ends no run of a dead process that another one has resumed", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await delivered(world, a, b);
    b.queue.updateRun(run, { status: "RUNNING" });
    await delivered(world, b);
    a.die();
    await world.pass(300_000);
    expect(world.oracle.named("a").status).toBe("RUNNING");
    b.queue.updateRun(run, { status: "FINISHED" });
    await delivered(world, b);
    expect(endings(world, "a")).toEqual(["RUNNING", "FINISHED"]);
  });

  test(`F37 ${locked ? "leaves" : "ends"} the run of a process that stalls, and what that one logs later arrives`, async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await delivered(world, a, b);
    a.stop();
    await world.pass(300_000);
    expect(world.oracle.named("a").status).toBe(locked ? "RUNNING" : "FAILED");
    a.goOn();
    a.queue.logMetric(run, "m", 1, 1, 1);
    await delivered(world, a);
    expect(world.oracle.named("a").points.size).toBe(1);
    a.queue.updateRun(run, { status: "FINISHED" });
    await delivered(world, a);
    await world.pass(100_000);
    expect(world.oracle.named("a").status).toBe("FINISHED");
  });

  test("F35 a page that was frozen or cached for long goes on with its run, and is seen to live from then on", async () => {
    for (const how of ["frozen", "cached"] as const) {
      const world = new World(options);
      const [a, b] = [world.start(), world.start()];
      a.start("a");
      b.start("b");
      await delivered(world, a, b);
      a.runtime.lifecycle.hide(how);
      a.stop();
      await world.pass(200_000);
      expect(world.oracle.named("a").status).toBe(locked && how === "frozen" ? "RUNNING" : "FAILED");
      a.goOn();
      a.runtime.lifecycle.show();
      await world.pass(300_000);
      expect(world.oracle.named("a").status).toBe("RUNNING");
      expect(world.oracle.named("a").tags.has("mlflow.tracklet.endedBy")).toBe(false);
    }
  });

  test("F35 a run that a page ended in the moment in which it was cached is not said to have been ended by another", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await delivered(world, a, b);
    a.runtime.lifecycle.hide("cached");
    await world.pass(1);
    a.queue.updateRun(run, { status: "FINISHED" });
    a.stop();
    await world.pass(200_000);
    expect(world.oracle.named("a").status).toBe("FAILED");
    a.goOn();
    await world.pass(100);
    a.runtime.lifecycle.show();
    await world.pass(60_000);
    expect(world.oracle.named("a").status).toBe("FINISHED");
    expect(world.oracle.named("a").tags.has("mlflow.tracklet.endedBy")).toBe(false);
  });

  test("ends the run that a closed process left open", async () => {
    const world = new World(options);
    const a = world.start();
    a.start("a");
    await world.until(a.queue.close());
    const b = world.start();
    b.start("b");
    await world.pass(200_000);
    expect(world.oracle.named("a").status).toBe("FAILED");
  });
});

describe("Recovery over locks", () => {
  /** The storage, with something of its store in other words. */
  function changed(storage: QueueStorage, change: (store: QueueStore) => Partial<QueueStore>): QueueStorage {
    return {
      ...storage,
      open: async () => {
        const store = await storage.open();
        const own = change(store);
        return new Proxy(store, {
          get: (_, name: keyof QueueStore) => {
            if (name in own) return own[name];
            return typeof store[name] === "function" ? store[name].bind(store) : store[name];
          },
        });
      },
    };
  }

  test("holds the lock of a dead writer until its runs are ended", async () => {
    const storage = memoryQueue();
    const kept = { ...storage, durable: true };
    const store = await storage.open();
    const free = async (): Promise<boolean> => {
      const unlock = await store.locks!.acquire(writerLock("dead"), { once: true });
      unlock?.();
      return unlock !== undefined;
    };
    const body = encodeRequest({ status: "RUNNING" });
    const draft = { kind: "update", count: 1, sealed: true, at: 1, body, opens: true } as const;
    const runs = ["one", "two"].map((run, n) => ({ ...draft, run, sequence: n + 1 }));
    await store.append("dead", runs);
    const seen: boolean[] = [];
    const it = harness({
      storage: changed(kept, () => ({
        recover: async (...given) => {
          seen.push(await free());
          return store.recover(...given);
        },
      })),
    });
    await it.queue.recover();
    await it.runtime.clock.advance(60_000);
    expect(seen).toEqual([false, false]);
    expect(await free()).toBe(true);
    expect(await store.openRuns("", 10)).toEqual([]);
    await it.runtime.clock.until(it.queue.close());
  });

  test("ends no run that was ended by a process which cannot show for now that it lives", async () => {
    const storage = memoryQueue();
    const store = await storage.open();
    const first = harness({ storage });
    const run = first.start("a");
    await first.runtime.clock.until(first.queue.flush());
    const locks: Locks = {
      stalls: false,
      acquire: async (name, options) => (name.startsWith("writer-") ? undefined : store.locks!.acquire(name, options)),
    };
    const { clock } = first.runtime;
    const it = harness({
      storage: changed(storage, () => ({ locks })),
      oracle: first.oracle,
      runtime: manualRuntime({ clock, seed: 2 }),
    });
    it.queue.updateRun(run, { status: "FINISHED" });
    it.start("b");
    await clock.until(it.queue.flush({ until: "durable" }));
    expect(await store.openRuns("", 10)).toEqual([]);
    await clock.until(first.queue.close());
    await clock.until(it.queue.close());
  });

  /**
   * A process that begins the run "a" while nobody can see that it lives, as the disk has no room for its lock; with `isLost`
   * until its first put, which takes place and fails.
   */
  async function unseen(isLost = false): Promise<{
    it: Harness;
    run: string;
    store: QueueStore;
    /** There is room again. */
    mend: () => void;
    /** It dies, and another one has the queue; gives what became of its run in the end. */
    die: () => Promise<string>;
  }> {
    const memory = memoryQueue();
    const store = await memory.open();
    const held = new Set<string>();
    let full = true;
    const locks: Locks = {
      stalls: true,
      acquire: async (name) => {
        if (full && name.startsWith("writer-")) throw new Error("ENOSPC");
        if (held.has(name)) return undefined;
        held.add(name);
        return () => void held.delete(name);
      },
    };
    const append = store.append.bind(store);
    store.append = async (...given) => {
      const results = await append(...given);
      if (!isLost) return results;
      isLost = false;
      full = false;
      throw new Error("disk");
    };
    const own = { locks, broadcast: undefined, close: async () => {} };
    const storage = changed({ ...memory, durable: true }, () => own);
    const it = harness({ storage });
    const { oracle, runtime } = it;
    const run = it.start("a");
    await runtime.clock.until(it.queue.flush());
    const die = async (): Promise<string> => {
      it.queue.pause();
      held.clear();
      const next = harness({ storage, oracle, runtime: manualRuntime({ clock: runtime.clock, seed: 2 }) });
      await next.queue.recover();
      await runtime.clock.advance(100_000);
      return oracle.named("a").status;
    };
    return { it, run, store, mend: () => (full = false), die };
  }

  test("F24 F43 ends the run of a process that could show only later that it lives, after a run was put", async () => {
    const { it, run, store, mend, die } = await unseen();
    expect(await store.openRuns("", 10)).toEqual([]);
    mend();
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.until(it.queue.flush());
    expect(await store.openRuns("", 10)).toMatchObject([{ run }]);
    expect([await die(), it.problems]).toEqual(["FAILED", []]);
  });

  test("F24 F43 ends it also when the put that could not say so took place and failed, and was repeated when there was room", async () => {
    const { it, run, store, die } = await unseen(true);
    await it.runtime.clock.advance(5_000);
    expect(await store.openRuns("", 10)).toMatchObject([{ run }]);
    expect(await die()).toBe("FAILED");
  });

  test("F24 notes it once, however often the storage fails before", async () => {
    const { it, run, store, mend } = await unseen();
    const append = store.append.bind(store);
    const noted: string[] = [];
    let fails = 10;
    store.append = async (...given) => {
      if (--fails >= 0) throw new Error("disk");
      for (const draft of given[1]) if (draft.opens === true) noted.push(draft.run);
      return append(...given);
    };
    mend();
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.advance(60_000);
    expect([fails < 0, noted]).toEqual([true, [run]]);
  });

  test("F24 F43 ends it also when it logged nothing more", async () => {
    const { it, run, store, mend, die } = await unseen();
    await it.runtime.clock.advance(60_000);
    expect(await store.openRuns("", 10)).toEqual([]);
    mend();
    await it.runtime.clock.advance(15_000);
    expect(await store.openRuns("", 10)).toMatchObject([{ run }]);
    const { length } = it.oracle.calls;
    await it.runtime.clock.advance(60_000);
    expect(it.oracle.calls).toHaveLength(length);
    expect(await die()).toBe("FAILED");
  });

  test("F43 leaves it as it is when it was ended before that, here or by another process", async () => {
    for (const here of [true, false]) {
      const { it, run, store, mend, die } = await unseen();
      const { clock } = it.runtime;
      const runtime = manualRuntime({ clock, seed: 3 });
      const { queue } = here ? it : harness({ storage: it.storage, oracle: it.oracle, runtime });
      queue.updateRun(run, { status: "FINISHED" });
      if (!here) await clock.until(queue.flush());
      mend();
      it.queue.setTag(run, "late", "1");
      await clock.until(Promise.all([queue.flush(), it.queue.flush()]));
      await clock.advance(30_000);
      expect(await store.openRuns("", 10)).toEqual([]);
      expect(await die()).toBe("FINISHED");
    }
  });
});
