import { describe, expect, test } from "vitest";
import { encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import { writerLock } from "../../src/queue/lead/presence.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { Locks } from "../../src/runtime/ports/locks.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";

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
