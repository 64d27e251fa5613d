import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoints, keyProblem } from "../../src/client/limits.ts";
import { bench } from "./test-core.ts";

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
});

describe("log calls with any value at all", () => {
  test("never throw, and hand only what MLflow keeps to the queue", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), anything, anything, anything, (key, value, step, timestamp) => {
        const { tracker, queue } = bench();
        const run = tracker.startRun();
        run.logMetric(key, value as number, { step: step as number, timestamp: timestamp as number });
        run.logMetrics(value as Record<string, number>, { step: step as number });
        run.logMetricSeries(key, value as never);
        run.logParam(key, value);
        run.logParams(value as object, { format: "python" });
        run.setTag(key, value);
        run.setTags(value as Record<string, unknown>);
        run.summary(value as object);
        run.logInput(value as never, step as never);
        for (const [metric, number, time, place] of queue.of("metric") as [string, number, number, number][]) {
          expect(keyProblem(metric)).toBeUndefined();
          expect(typeof number).toBe("number");
          expect(number === Number.POSITIVE_INFINITY || Object.is(number, -0)).toBe(false);
          expect(Number.isSafeInteger(place) && Number.isSafeInteger(time) && time >= 0).toBe(true);
        }
        for (const [name, text] of [...queue.of("param"), ...queue.of("tag")] as [string, string][]) {
          expect(keyProblem(name)).toBeUndefined();
          expect(text.isWellFormed()).toBe(true);
          expect(codePoints(text)).toBeLessThan(8001);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("write a parameter's first value only, whatever comes after", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer())), (calls) => {
        const { tracker, queue } = bench();
        const run = tracker.startRun();
        for (const [key, value] of calls) run.logParam(key, value);
        const first = new Map([...calls].reverse().map(([key, value]) => [key, String(value)]));
        expect(new Map(queue.of("param") as [string, string][])).toEqual(first);
        expect(queue.of("param")).toHaveLength(first.size);
      }),
    );
  });
});
