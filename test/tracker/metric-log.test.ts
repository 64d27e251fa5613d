import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { bench } from "./test-core.ts";

const now = 1_700_000_000_000;

describe("options of metrics that are no object", () => {
  test("are told once with the cure, and the values are logged without them", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logMetric("loss", 0.1, 10 as never);
    run.logMetric("loss", 0.2, 20 as never);
    run.logMetrics({ acc: 1 }, "5" as never);
    expect(queue.of("metric").map(([key, value, , step]) => [key, value, step])).toEqual([
      ["loss", 0.1, 0],
      ["loss", 0.2, 1],
      ["acc", 1, 0],
    ]);
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      [
        "invalid-value",
        'Cannot use the options of the metric "loss" as they must be an object: current value is 10; use { step: 10 }',
      ],
    ]);
  });

  test("are told of logMetrics() too, and thrown when strict", () => {
    const { tracker, problems } = bench();
    tracker.startRun().logMetrics({ acc: 1 }, 7 as never);
    expect(problems[0]?.message).toContain("the options of metrics as they must be an object: current value is 7; use");
    const strict = bench({ strict: true });
    const run = strict.tracker.startRun();
    expect(() => run.logMetric("loss", 0.1, 10 as never)).toThrow(ValidationError);
    expect(() => run.logMetrics({ loss: 0.1 }, 10 as never)).toThrow("use { step: 10 }");
    expect(strict.queue.of("metric")).toEqual([]);
  });
});

describe("Run.logMetric()", () => {
  test("counts the steps of each key, in whatever turn the keys come", () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const keys = ["a", "b", "c", "a", "b", "c", "c", "b", "a", "a", "c", "a", "b"];
    for (const key of keys) run.logMetric(key, 1);
    const steps = new Map<string, number>();
    const expected = keys.map((key) => {
      const step = (steps.get(key) ?? -1) + 1;
      steps.set(key, step);
      return [key, step];
    });
    expect(queue.of("metric").map(([key, , , step]) => [key, step])).toEqual(expected);
  });

  test("fixes step and timestamp at the call", async () => {
    const { tracker, queue, runtime } = bench();
    const run = tracker.startRun();
    run.logMetric("loss", 0.5);
    runtime.clock.jump(250);
    run.logMetric("loss", 0.25);
    run.logMetric("acc", 0.9, { step: 7, timestamp: now + 1 });
    run.logMetric("acc", 0.91);
    expect(queue.of("metric")).toEqual([
      ["loss", 0.5, now, 0],
      ["loss", 0.25, now + 250, 1],
      ["acc", 0.9, now + 1, 7],
      ["acc", 0.91, now + 250, 8],
    ]);
  });

  test("goes on from the greatest step, also when a smaller one came last", () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    for (const step of [-3, 10, 4]) run.logMetric("loss", 1, { step });
    run.logMetric("loss", 2);
    expect(queue.of("metric").map((call) => call[3])).toEqual([-3, 10, 4, 11]);
  });

  test("takes NaN, and stores infinities, -0 and big integers as MLflow does", () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      5e-324,
      12n as unknown as number,
    ]) {
      run.logMetric("v", value);
    }
    const values = queue.of("metric").map((call) => call[1]);
    expect(values).toEqual([Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, 0, 5e-324, 12]);
    expect(Object.is(values[3], 0)).toBe(true);
  });

  test.each([
    ["an emoji in the key", "🔥 loss", 1, undefined, 'use "_ loss"'],
    ["an empty key", "", 1, undefined, "not be empty"],
    ["a key that climbs", "../loss", 1, undefined, 'use "loss"'],
    ["a key with %", "loss%", 1, undefined, '"%" is none of them'],
    ["a key of 251 characters", "k".repeat(251), 1, undefined, "at most 250 characters"],
    ["a text", "loss", "0.5" as unknown as number, undefined, 'current value is "0.5"; log a text with setTag'],
    ["undefined", "loss", undefined as unknown as number, undefined, "current value is undefined"],
    ["a fraction as step", "loss", 1, { step: 0.5 }, "the step must be an integer"],
    ["a step beyond 2^53", "loss", 1, { step: 2 ** 53 }, "the step must be an integer"],
    ["a negative timestamp", "loss", 1, { timestamp: -1 }, "milliseconds since 1970"],
    ["NaN as timestamp", "loss", 1, { timestamp: Number.NaN }, "milliseconds since 1970"],
  ])("counts %s as quarantined, says so once, and logs the rest", (_, key, value, options, words) => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logMetric(key, value, options);
    run.logMetric(key, value, options);
    run.logMetric("good", 1);
    expect(queue.of("metric")).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ kind: "invalid-value", key, run: run.localId });
    expect(problems[0]?.message).toContain(words);
    expect(tracker.queue.status().quarantined).toEqual({ points: 2, requests: 0 });
  });

  test("throws ValidationError at the call when the tracker is strict", () => {
    const { tracker, queue } = bench({ strict: true });
    const run = tracker.startRun();
    expect(() => run.logMetric("loss", 1, { step: 0.5 })).toThrow(ValidationError);
    expect(() => run.logMetric("🔥", 1)).toThrow('use "_"');
    expect(queue.of("metric")).toEqual([]);
  });

  test("warns of a timestamp in seconds and logs it as it is", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logMetric("loss", 1, { timestamp: 1_700_000_000 });
    run.logMetric("loss", 1, { timestamp: 1_700_000_001 });
    expect(queue.of("metric")).toHaveLength(2);
    expect(problems.map((problem) => problem.kind)).toEqual(["suspicious-value"]);
    expect(problems[0]?.message).toContain("multiply by 1000");
  });

  test("takes the fraction off a timestamp", () => {
    const { tracker, queue } = bench();
    tracker.startRun().logMetric("loss", 1, { timestamp: now + 0.9 });
    expect(queue.of("metric")[0]?.[2]).toBe(now);
  });
});

describe("Run.logMetrics()", () => {
  test("gives all values one timestamp and each key its own step", () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    run.logMetric("a", 1);
    run.logMetrics({ a: 2, b: 3 });
    expect(queue.of("metric").slice(1)).toEqual([
      ["a", 2, now, 1],
      ["b", 3, now, 0],
    ]);
  });

  test("logs the good values of a call with a bad one", () => {
    const { tracker, queue, problems } = bench();
    tracker.startRun().logMetrics({ a: 1, "b!": 2, c: 3 }, { step: 4 });
    expect(queue.of("metric").map((call) => call[0])).toEqual(["a", "c"]);
    expect(problems).toHaveLength(1);
  });
});

describe("Run.logMetricSeries()", () => {
  test("logs columns, typed arrays too", () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    run.logMetricSeries("loss", {
      steps: Int32Array.of(5, 6),
      values: Float64Array.of(0.5, 0.25),
      timestamps: [now, now + 1],
    });
    run.logMetric("loss", 0.1);
    expect(queue.of("metric")).toEqual([
      ["loss", 0.5, now, 5],
      ["loss", 0.25, now + 1, 6],
      ["loss", 0.1, now, 7],
    ]);
  });

  test("logs what columns of unequal length have in common and counts the rest", () => {
    const { tracker, queue, problems } = bench();
    tracker.startRun().logMetricSeries("loss", { steps: [0, 1, 2], values: [1] });
    expect(queue.of("metric")).toHaveLength(1);
    expect(tracker.queue.status().quarantined.points).toBe(2);
    expect(problems[0]?.message).toContain("they have 3, 1");
  });
});
