import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PointSum } from "../../src/queue/account/point-sum.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";

const odd = [
  0,
  -0,
  1e-320,
  -1e-320,
  5e-324,
  Number.MAX_VALUE,
  2 ** 53,
  2 ** 53 + 2,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(...odd),
  fc.constantFrom<unknown>("1", null, undefined, 3n, {}, true),
);
const step = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom<unknown>(2 ** 53, -(2 ** 53), 0.5, Number.NaN, "1", 7n),
);
const key = fc.constantFrom(
  "loss",
  "a/b",
  "Ω é",
  "x".repeat(250),
  "",
  "x".repeat(251),
  "smile 😀",
  "lone \ud800",
  "a//b",
  "../up",
  "tab\t",
);

/** What a caller gave, as a number; undefined when it is none. */
function numeric(given: unknown): number | undefined {
  return typeof given === "number" || typeof given === "bigint" ? Number(given) : undefined;
}

/** A number as MLflow keeps it. */
function kept(number: number): number {
  return Number.isNaN(number) ? number : Math.min(Math.max(number, -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
}

describe("any value that is logged", () => {
  test("F39 is on the server as MLflow keeps it, once, or is counted as refused at the call; nothing throws", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, value, step), { minLength: 1, maxLength: 40 }), async (calls) => {
        const runtime = manualRuntime({ seed: 1 });
        const oracle = new OracleServer(runtime.clock);
        const tracker = createTracker({
          trackingUri: "http://oracle.test",
          fetch: oracle.fetch,
          runtime,
          onProblem: () => {},
        });
        const run = tracker.startRun({ name: "a" });
        for (const [name, number, place] of calls) {
          run.logMetric(name, number as number, { step: place as number, timestamp: 1_700_000_000_000 });
        }
        const report = await runtime.clock.until(tracker.flush());
        expect(report).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
        const { lines } = await runtime.clock.until(run.receipt());
        const metrics = lines.filter(({ kind }) => kind === "metric");
        expect(metrics.reduce((sum, { logged }) => sum + logged, 0)).toBe(calls.length);
        expect(metrics.reduce((sum, { quarantined }) => sum + quarantined, 0)).toBe(report.quarantined.points);
        for (const { logged, acknowledged, quarantined } of metrics) expect(acknowledged + quarantined).toBe(logged);
        const found = new Map<string, Set<number>>();
        for (const text of oracle.named("a").points) {
          const [name, at, timestamp, number] = JSON.parse(text);
          const hashes = found.get(name) ?? new Set();
          found.set(name, hashes.add(PointSum.hash(at, timestamp, Number(number))));
          const sources = calls.filter(([of, given, place]) => {
            return (
              of.toWellFormed() === name &&
              numeric(place) === at &&
              Object.is(kept(numeric(given) ?? 0.123), kept(Number(number)))
            );
          });
          expect(sources.length).toBeGreaterThan(0);
        }
        for (const line of metrics)
          if (line.hash !== undefined) expect(found.get(line.key)?.size ?? 0).toBe(line.distinct);
        await runtime.clock.until(tracker.close());
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
