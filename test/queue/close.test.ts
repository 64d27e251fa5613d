import { describe, expect, test } from "vitest";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { harness } from "./harness.ts";

describe("Queue over a storage that answers late, or never", () => {
  test.each(["open", "endTerm", "everything"])("close() ends in time when %s gets no answer any more", async (what) => {
    let isStuck = false;
    const never = new Promise<never>(() => {});
    const inner = memoryQueue();
    const storage: QueueStorage = {
      ...inner,
      durable: true,
      open: async () => {
        if (what === "open") return never;
        return new Proxy(await inner.open(), {
          get(store, name: keyof QueueStore) {
            if (typeof store[name] !== "function") return store[name];
            const operation = store[name].bind(store) as (...given: unknown[]) => Promise<unknown>;
            const stuck = (): boolean => isStuck && (what === "everything" || name === what);
            return (...given: unknown[]): Promise<unknown> => (stuck() ? never : operation(...given));
          },
        });
      },
    };
    const { queue, runtime, start } = harness({ storage });
    const run = start("a");
    await runtime.clock.advance(3_000);
    isStuck = true;
    queue.logMetric(run, "m", 1, 1, 1);
    const began = runtime.clock.now();
    const report = await runtime.clock.until(queue.close({ timeout: 2_000 }));
    expect(report.unkept.points).toBe(what === "endTerm" ? 0 : 1);
    // What is in flight, and the counts, may take a second each, and the end of the term another one.
    expect(runtime.clock.now() - began).toBeLessThanOrEqual(5_000);
  });

  test("close() of a queue whose storage opens only later lets others lead then", async () => {
    const inner = memoryQueue();
    let answer = (): void => {};
    const storage: QueueStorage = {
      ...inner,
      durable: true,
      open: async () => {
        await new Promise<void>((resolve) => (answer = resolve));
        return inner.open();
      },
    };
    const late = harness({ storage });
    const { runtime, oracle } = late;
    late.start("late");
    await runtime.clock.until(late.queue.close({ timeout: 0 }));
    answer();
    await runtime.clock.advance(1_000);
    const { queue, start } = harness({ runtime, oracle, storage: inner });
    start("next");
    expect(await runtime.clock.until(queue.flush({ timeout: 5_000 }))).toMatchObject({
      pending: { points: 0, requests: 0 },
    });
    expect(oracle.named("next").status).toBe("RUNNING");
  });
});
