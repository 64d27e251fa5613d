import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { harness, row } from "./harness.ts";

const year = 365 * 86_400_000;
const none = { points: 0, requests: 0 };

describe("Queue while the wall clock jumps", () => {
  test("F38 stores timestamps as they were given, and keeps to the order of logging", async () => {
    const it = harness({ storage: { ...memoryQueue(), durable: true }, delivery: { flushInterval: 100 } });
    const run = it.start("a");
    const points: string[] = [];
    for (const [step, jump] of [0, -60 * year, 55 * year, 40 * year, -3_600_000].entries()) {
      it.runtime.clock.jump(jump);
      const now = it.runtime.clock.now();
      it.queue.logMetric(run, "m", step, now, step);
      // A timestamp of the caller's own, in seconds as if they were ms, is the caller's.
      it.queue.logMetric(run, "own", step, 1_700_000_000 + step, step);
      points.push(row("m", step, now, step), row("own", step, 1_700_000_000 + step, step));
      it.queue.setTag(run, "last", String(step));
      await it.runtime.clock.advance(150);
    }
    const store = await it.storage.open();
    const heads = await store.heads(0, 1_000);
    expect(heads.map(({ order }) => order)).toEqual(heads.map(({ order }) => order).sort((a, b) => a - b));
    expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({
      pending: none,
      quarantined: none,
      dropped: none,
    });
    const found = it.oracle.named("a");
    expect([...found.points].sort()).toEqual(points.sort());
    expect(found.tags.get("last")).toBe("4");
    await it.runtime.clock.until(it.queue.close());
  });

  test("F38 begins in 1970 and goes on in a right time: nothing is lost, nothing is sent twice", async () => {
    const storage = { ...memoryQueue(), durable: true };
    const it = harness({ storage, delivery: { mode: "manual" } });
    it.runtime.clock.jump(-it.runtime.clock.now());
    const run = it.start("a");
    it.queue.logMetric(run, "m", 1, it.runtime.clock.now(), 1);
    await it.runtime.clock.until(it.queue.close());
    it.runtime.clock.jump(56 * year);
    const next = harness({ storage, oracle: it.oracle, runtime: it.runtime, seed: 2 });
    next.queue.logMetric(run, "m", 2, it.runtime.clock.now(), 2);
    await it.runtime.clock.until(next.queue.flush());
    expect(it.oracle.named("a").points.size).toBe(2);
    expect((await next.queue.receipt(run)).lines).toMatchObject([{ logged: 2, distinct: 2, acknowledged: 2 }]);
    await it.runtime.clock.until(next.queue.close());
  });

  test.each([-60 * year, -3_600_000, 3_600_000, 60 * year])(
    "F38 tries again by its own time when the wall clock jumps by %i ms in the middle of a pause",
    async (jump) => {
      const tries = async (ms: number): Promise<number[]> => {
        const it = harness({ seed: 5 });
        let calls = 0;
        it.oracle.fault = () => {
          calls++;
          return "drop-before";
        };
        it.queue.logMetric(it.start("a"), "m", 1, 1, 1);
        const times: number[] = [];
        let seen = 0;
        for (let second = 0; second < 300; second++) {
          if (second === 20) it.runtime.clock.jump(ms);
          await it.runtime.clock.advance(1_000);
          if (calls > seen) times.push(second);
          seen = calls;
        }
        it.oracle.fault = () => undefined;
        expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: none });
        expect(it.oracle.named("a").points.size).toBe(1);
        return times;
      };
      const steady = await tries(0);
      expect(steady.length).toBeGreaterThan(3);
      expect(await tries(jump)).toEqual(steady);
    },
  );
});
