import { describe, expect, test } from "vitest";
import { MetricsAccumulator } from "../../src/finetuning/index.ts";

const all = { mean: true, sliding: true, min: true, max: true, windowSize: 2 };

describe("S0.19 MetricsAccumulator", () => {
  test("gives last, mean, sliding mean, minimum and maximum, each on the step of its value", () => {
    const accumulator = new MetricsAccumulator("loss", all);
    accumulator.accumulate(4);
    accumulator.accumulate(1);
    const points = accumulator.accumulate(4);
    expect(points.map(({ key, value }) => [key, value])).toEqual([
      ["loss", 4],
      ["mean_loss", 3],
      ["sliding_loss", 2.5],
      ["min_loss", 1],
      ["max_loss", 4],
    ]);
    // The original logs all on step 0.
    expect(new Set(points.map(({ step }) => step))).toEqual(new Set([2]));
  });

  test("counts NaN apart, which spoils no figure", () => {
    const accumulator = new MetricsAccumulator("loss", { mean: true, max: true });
    accumulator.accumulate(2);
    expect(accumulator.accumulate(Number.NaN)).toEqual([{ key: "nan_loss", value: 1, step: 1 }]);
    expect(accumulator.accumulate(4).map(({ value, step }) => [value, step])).toEqual([
      [4, 2],
      [3, 2],
      [4, 2],
    ]);
    expect(accumulator.nanCount).toBe(1);
  });

  test("keeps a mean of the greatest numbers, and begins anew when cleared", () => {
    const accumulator = new MetricsAccumulator("x", { mean: true, sliding: true });
    accumulator.accumulate(Number.MAX_VALUE);
    expect(accumulator.accumulate(-Number.MAX_VALUE).map(({ value }) => value)[1]).toBe(0);
    expect(accumulator.accumulate(Number.POSITIVE_INFINITY)[1]?.value).toBe(Number.POSITIVE_INFINITY);
    accumulator.clear(7);
    expect(accumulator.accumulate(3)).toEqual([
      { key: "x", value: 3, step: 7 },
      { key: "mean_x", value: 3, step: 7 },
      { key: "sliding_x", value: 3, step: 7 },
    ]);
  });

  test("leaves out the mean of opposite infinities, and goes on after the greatest step", () => {
    const accumulator = new MetricsAccumulator("x", { ...all });
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) accumulator.accumulate(value);
    const keys = (value: number): string[] => accumulator.accumulate(value).map(({ key }) => key);
    expect([keys(1), keys(1)]).toEqual([
      ["x", "sliding_x", "min_x", "max_x"],
      ["x", "sliding_x", "min_x", "max_x"],
    ]);
    accumulator.accumulate(1, Number.MAX_SAFE_INTEGER);
    expect(accumulator.accumulate(2)[0]?.step).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("copy() has the settings and no values", () => {
    const accumulator = new MetricsAccumulator("x", { min: true });
    accumulator.accumulate(-1);
    expect(accumulator.copy().accumulate(2)).toEqual([
      { key: "x", value: 2, step: 0 },
      { key: "min_x", value: 2, step: 0 },
    ]);
  });

  test("equals the plain mean over a window, for any values", () => {
    const accumulator = new MetricsAccumulator("x", { ...all, windowSize: 7 });
    const values = Array.from({ length: 100 }, (_, index) => Math.sin(index * 12.9898) * 1000);
    for (const [index, value] of values.entries()) {
      const [, mean, sliding, min, max] = accumulator.accumulate(value);
      const seen = values.slice(0, index + 1);
      const last = seen.slice(-7);
      expect(mean?.value).toBeCloseTo(seen.reduce((a, b) => a + b) / seen.length, 8);
      expect(sliding?.value).toBeCloseTo(last.reduce((a, b) => a + b) / last.length, 8);
      expect([min?.value, max?.value]).toEqual([Math.min(...seen), Math.max(...seen)]);
    }
  });

  test("refuses names, windows, values and steps that cannot be", () => {
    expect(() => new MetricsAccumulator("")).toThrow("must not be empty");
    expect(() => new MetricsAccumulator("a\nb")).toThrow("must hold only letters");
    for (const windowSize of [0, 1.5, Number.NaN, 1e9])
      expect(() => new MetricsAccumulator("x", { windowSize })).toThrow("windowSize must be");
    const accumulator = new MetricsAccumulator("x");
    expect(() => accumulator.accumulate("1" as never)).toThrow("a value must be a number");
    expect(() => accumulator.accumulate(1, 0.5)).toThrow("step must be an integer");
  });
});
