import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PointSum } from "../../src/queue/account/point-sum.ts";
import type { OracleServer } from "../support/oracle-server.ts";
import { harness } from "./harness.ts";

/** What reading the points of a run back gives. */
function onServer(oracle: OracleServer, name: string, key: string): { distinct: number; hash: string } {
  const sum = new PointSum();
  let distinct = 0;
  for (const [of, step, timestamp, value] of [...oracle.named(name).points].map((text) => JSON.parse(text))) {
    if (of !== key) continue;
    distinct++;
    sum.add(step, timestamp, Number(value));
  }
  return { distinct, hash: String(sum) };
}

describe("PointSum", () => {
  test("is the same in any order, and another for any other set of points", () => {
    const point = fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom(0, 1, 0.5, Number.NaN, 1e308));
    fc.assert(
      fc.property(fc.uniqueArray(point, { selector: String }), fc.uniqueArray(point, { selector: String }), (a, b) => {
        const sum = (points: typeof a): string => {
          const all = new PointSum();
          for (const one of points) all.add(...one);
          return String(all);
        };
        expect(sum(a)).toBe(sum([...a].reverse()));
        const same = String([...a].map(String).sort()) === String([...b].map(String).sort());
        expect(sum(a) === sum(b)).toBe(same);
      }),
    );
  });

  test("takes values for one that MLflow stores as one", () => {
    const hash = (value: number): number => PointSum.hash(1, 2, value);
    expect(hash(Number.POSITIVE_INFINITY)).toBe(hash(Number.MAX_VALUE));
    expect(hash(Number.NEGATIVE_INFINITY)).toBe(hash(-Number.MAX_VALUE));
    expect(hash(-0)).toBe(hash(0));
    expect(hash(0)).not.toBe(hash(5e-324));
  });

  test("does not meet among 200,000 points that differ little", () => {
    const seen = new Set<number>();
    for (let step = 0; step < 2_000; step++) {
      for (let n = 0; n < 100; n++) seen.add(PointSum.hash(step, 1_700_000_000_000 + n, n % 2 ? step : -step - 1));
    }
    expect(seen.size).toBe(200_000);
  });
});

describe("Queue.receipt()", () => {
  test("tells points that were logged again apart from others, and has the hash of what is on the server", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let step = 0; step < 2_500; step++) queue.logMetric(run, "m", step % 3 ? step : Number.NaN, step, step);
    for (let step = 2_400; step < 2_500; step++) queue.logMetric(run, "m", step % 3 ? step : Number.NaN, step, step);
    await runtime.clock.until(queue.flush());
    const [line] = (await queue.receipt(run)).lines;
    expect(line).toMatchObject({ logged: 2_600, acknowledged: 2_600, ...onServer(oracle, "a", "m") });
    expect(line?.distinct).toBe(2_500);
  });

  test("says of a key that goes back to points of long ago that it does not know", async () => {
    const { queue, runtime, start } = harness();
    const run = start("a");
    for (const _ of [1, 2]) for (let step = 0; step < 1_000; step++) queue.logMetric(run, "m", step, step, step);
    await runtime.clock.until(queue.flush());
    const [line] = (await queue.receipt(run)).lines;
    expect(line).toMatchObject({ logged: 2_000, acknowledged: 2_000 });
    expect(line?.hash).toBe(undefined);
  });

  test("counts the point that ends one chunk and begins the next once", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { batchSize: 10 } });
    const run = start("a");
    for (let step = 0; step < 95; step++) queue.logMetric(run, "m", 1, 7, Math.floor(step / 2));
    await runtime.clock.until(queue.flush());
    expect((await queue.receipt(run)).lines).toMatchObject([{ logged: 95, ...onServer(oracle, "a", "m") }]);
  });

  test("has the hash of what is on the server whatever is put, sent and repeated when", async () => {
    const call = fc.tuple(fc.nat(1), fc.boolean(), fc.nat(2), fc.constantFrom(0, 0, 0, 300, 1_500));
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 80 }), fc.nat(), async (calls, seed) => {
        const { queue, oracle, runtime, start } = harness({ seed, delivery: { batchSize: 7 } });
        oracle.fault = ({ number }) =>
          number % 5 === 4 ? "drop-after" : number % 7 === 3 ? { delay: 900 } : undefined;
        const run = start("a");
        let step = 0;
        for (const [key, again, value, ms] of calls) {
          if (!again) step++;
          queue.logMetric(run, `k${key}`, value === 2 ? Number.NaN : value, step, step);
          if (ms > 0) await runtime.clock.advance(ms);
        }
        await runtime.clock.until(queue.flush());
        for (const { key, hash, distinct } of (await queue.receipt(run)).lines) {
          if (hash !== undefined) expect({ distinct, hash }).toEqual(onServer(oracle, "a", key));
          else expect(distinct).toBeGreaterThan(onServer(oracle, "a", key).distinct - 1);
        }
      }),
      { numRuns: 60 },
    );
  });
});
