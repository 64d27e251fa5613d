import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { harness } from "./harness.ts";

/** A storage that outlives the queue, as a file does. */
function keptStorage(): QueueStorage {
  return { ...memoryQueue(), durable: true };
}

describe("Queue.receipt() in another process", () => {
  test("is what it was: points, params, tags, artifacts, repeats and the hash sum", async () => {
    const it = harness({ storage: keptStorage() });
    const run = it.start("a");
    for (let step = 0; step < 2_500; step++) it.queue.logMetric(run, step % 2 ? "a" : "b", step, step, step);
    it.queue.logMetric(run, "a", 2_499, 2_499, 2_499);
    for (let n = 0; n < 150; n++) it.queue.logParam(run, `p${n}`, "1");
    it.queue.logParam(run, "p3", "1");
    it.queue.setTag(run, "t", "1");
    await it.runtime.clock.until(it.queue.logArtifact(run, "f.txt", new Blob(["x"])));
    await it.runtime.clock.until(it.queue.flush());
    const before = await it.queue.receipt(run);
    await it.runtime.clock.until(it.queue.close());

    const next = harness({ storage: it.storage, oracle: it.oracle, runtime: it.runtime, seed: 2 });
    const after = await next.queue.receipt(run);
    const byKey = (lines: typeof after.lines): unknown[] =>
      [...lines].sort((a, b) => `${a.kind} ${a.key}`.localeCompare(`${b.kind} ${b.key}`));
    expect(after.runId).toBe(before.runId);
    expect(byKey(after.lines)).toEqual(byKey(before.lines));
    expect(after.lines.find(({ key }) => key === "a")).toMatchObject({
      logged: 1_251,
      distinct: 1_250,
      acknowledged: 1_251,
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    await next.runtime.clock.until(next.queue.close());
  });

  test("goes on with a run that was resumed, and knows the sum while the points of both are apart", async () => {
    const it = harness({ storage: keptStorage() });
    const whole = it.start("whole");
    const run = it.start("a");
    const log = (queue: typeof it.queue, to: string, from: number, until: number): void => {
      for (let step = from; step < until; step++) queue.logMetric(to, "m", Math.sqrt(step), 1_000 + step, step);
    };
    log(it.queue, run, 0, 700);
    log(it.queue, whole, 0, 1_500);
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.until(it.queue.close());

    const next = harness({ storage: it.storage, oracle: it.oracle, runtime: it.runtime, seed: 2 });
    log(next.queue, run, 700, 1_500);
    await next.runtime.clock.until(next.queue.flush());
    const [[line], [all]] = [(await next.queue.receipt(run)).lines, (await next.queue.receipt(whole)).lines];
    expect(line).toEqual(all);
    expect(line).toMatchObject({ logged: 1_500, distinct: 1_500, acknowledged: 1_500 });
    // A point of the first process again: nobody knows any more which ones are different.
    next.queue.logMetric(run, "m", 1, 1_001, 1);
    await next.runtime.clock.until(next.queue.flush());
    const [unknown] = (await next.queue.receipt(run)).lines;
    expect(unknown).toMatchObject({ logged: 1_501, acknowledged: 1_501 });
    expect(unknown).not.toHaveProperty("hash");
    await next.runtime.clock.until(next.queue.close());
  });

  test("counts what another process delivers of what was logged here", async () => {
    const it = harness({ storage: keptStorage() });
    const leader = it.start("leader");
    it.queue.logMetric(leader, "m", 1, 1, 1);
    await it.runtime.clock.until(it.queue.flush());
    const other = harness({ storage: it.storage, oracle: it.oracle, runtime: it.runtime, seed: 2 });
    const run = other.start("follower");
    for (let step = 0; step < 300; step++) other.queue.logMetric(run, "m", step, step, step);
    await other.runtime.clock.until(other.queue.flush());
    for (const queue of [it.queue, other.queue]) {
      expect((await queue.receipt(run)).lines).toMatchObject([{ logged: 300, distinct: 300, acknowledged: 300 }]);
    }
    for (const { queue, runtime } of [other, it]) await runtime.clock.until(queue.close());
  });

  test("counts what was dropped, in memory and in the storage, and what was refused", async () => {
    const it = harness({
      storage: keptStorage(),
      delivery: { mode: "manual", maxStoredBytes: 9_000, maxMemoryBytes: 60_000, flushInterval: 100 },
    });
    const run = it.start("a");
    for (let step = 0; step < 12_000; step++) {
      it.queue.logMetric(run, "m", Math.sqrt(step), step, step);
      if (step % 3_500 === 0) await it.runtime.clock.advance(500);
    }
    it.oracle.fault = ({ path, body }) =>
      path.endsWith("log-batch") && JSON.stringify(body).includes('"bad"') ? { status: 400 } : undefined;
    it.queue.logParam(run, "bad", "1");
    await it.runtime.clock.until(it.queue.flush());
    const before = await it.queue.receipt(run);
    const [line, param] = before.lines;
    expect(line!.dropped).toBeGreaterThan(1_000);
    expect(line!.acknowledged + line!.dropped).toBe(12_000);
    expect(line!.acknowledged).toBe(it.oracle.named("a").points.size);
    expect(param).toMatchObject({ key: "bad", logged: 1, acknowledged: 0, quarantined: 1 });
    await it.runtime.clock.until(it.queue.close());
    const next = harness({ storage: it.storage, oracle: it.oracle, runtime: it.runtime, seed: 2 });
    expect((await next.queue.receipt(run)).lines).toEqual(before.lines);
    await next.runtime.clock.until(next.queue.close());
  });

  test("counts each call once whatever fails, and whichever process it is that asks", async () => {
    const call = fc.tuple(fc.nat(2), fc.nat(120), fc.constantFrom(0, 0, 0, 300, 1_500));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(call, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        fc.nat(),
        async (lives, fails, seed) => {
          const storage = failing(fails);
          let oracle: ReturnType<typeof harness>["oracle"] | undefined;
          let runtime: ReturnType<typeof harness>["runtime"] | undefined;
          const logged = new Map<string, number>();
          for (const [life, calls] of lives.entries()) {
            const it = harness({
              seed: seed + life,
              storage,
              delivery: { batchSize: 7 },
              ...(oracle && { oracle }),
              ...(runtime && { runtime }),
            });
            ({ oracle, runtime } = it);
            if (life === 0) it.start("a");
            for (const [kind, n, ms] of calls) {
              const key = `k${n}`;
              if (kind === 0) it.queue.logParam("local-a", key, "1");
              else it.queue.logMetric("local-a", key, kind === 1 ? n : Number.NaN, life, n);
              const name = `${kind === 0 ? "param" : "metric"} ${key}`;
              logged.set(name, 1 + (logged.get(name) ?? 0));
              if (ms > 0) await runtime.clock.advance(ms);
            }
            // A put that fails ends a flush: it is tried again a second later.
            let { pending } = await runtime.clock.until(it.queue.flush());
            for (let again = 0; again < 40 && pending.points + pending.requests > 0; again++) {
              await runtime.clock.advance(2_000);
              ({ pending } = await runtime.clock.until(it.queue.flush()));
            }
            const { lines } = await it.queue.receipt("local-a");
            expect(new Map(lines.map((line) => [`${line.kind} ${line.key}`, line.logged]))).toEqual(logged);
            for (const line of lines) expect(line.acknowledged).toBe(line.logged);
            await runtime.clock.until(it.queue.close());
          }
        },
      ),
      // A put that took place although it failed, of params only.
      {
        numRuns: 40,
        examples: [
          [
            [
              [
                [0, 0, 1_500],
                [0, 0, 0],
              ],
              [[0, 0, 0]],
            ],
            [4],
            0,
          ],
        ],
      },
    );
  }, 60_000);
});

/** A kept storage whose changes fail at these numbers, after they happened. */
function failing(fails: readonly number[]): QueueStorage {
  const store = new MemoryStore();
  let number = 0;
  const watched = new Proxy(store, {
    get(target, name: keyof MemoryStore) {
      const value = target[name];
      if (typeof value !== "function") return value;
      const operation = value.bind(target) as (...given: unknown[]) => Promise<unknown>;
      if (name !== "append" && name !== "acknowledge") return operation;
      return async (...given: unknown[]): Promise<unknown> => {
        const result = await operation(...given);
        if (fails.includes(++number)) throw new Error("disk");
        return result;
      };
    },
  });
  return { name: "failing", durable: true, open: async () => watched };
}
