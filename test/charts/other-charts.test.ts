import { describe, expect, test } from "vitest";
import { barChart, parallelChart, scatterChart } from "../../src/charts/index.ts";
import { findAll, parseSvg, textOf } from "./parse-svg.ts";

const texts = (svg: string): string[] => findAll(parseSvg(svg), "text").map(textOf);
const evil = `</title><script>alert("1")</script>'&`;

describe("barChart()", () => {
  const bars = (svg: string): { x: number; width: number }[] =>
    findAll(parseSvg(svg), "rect")
      .slice(1)
      .map(({ attributes }) => ({ x: Number(attributes["x"]), width: Number(attributes["width"]) }));

  test("draws bars in proportion, negative ones to the left, each with its value", () => {
    const svg = barChart({
      bars: [
        { name: "a", value: 4 },
        { name: "b", value: 2 },
        { name: "c", value: -2 },
      ],
    });
    const [a, b, c] = bars(svg);
    expect((a?.width ?? 0) / (b?.width ?? 1)).toBeCloseTo(2, 1);
    expect((c?.x ?? 0) + (c?.width ?? 0)).toBeCloseTo(a?.x ?? 0, 0);
    expect(texts(svg)).toEqual(["a", "4", "b", "2", "c", "-2"]);
  });

  test("shows values that have no bar by name", () => {
    const svg = barChart({
      bars: [
        { name: "a", value: Number.NaN },
        { name: "b", value: Infinity },
        { name: "c", value: 1 },
      ],
    });
    expect(texts(svg)).toEqual(["a", "NaN", "b", "∞", "c", "1"]);
    expect(bars(svg).map(({ width }) => width > 0)).toEqual([false, false, true]);
  });

  test("draws 200 of many bars and says how many it leaves out", () => {
    const svg = barChart({ bars: Array.from({ length: 10_000 }, (_, i) => ({ name: `${i}`, value: i })) });
    expect(bars(svg)).toHaveLength(200);
    expect(texts(svg).at(-1)).toBe("and 9,800 more bars");
  });

  test("escapes names, and says when there is nothing", () => {
    expect(findAll(parseSvg(barChart({ title: evil, bars: [{ name: evil, value: 1 }] })), "script")).toEqual([]);
    expect(texts(barChart({ bars: [] }))).toEqual(["no data"]);
    expect(texts(barChart({ bars: [{ name: "a", value: Number.NaN }] }))).toEqual(["a", "NaN"]);
  });
});

describe("scatterChart()", () => {
  test("draws a circle per point with its label, and none where a value is missing", () => {
    const svg = parseSvg(
      scatterChart({ series: [{ name: "runs", x: [1, 2, Number.NaN], y: [1, 4, 2], labels: ["a", evil, "c"] }] }),
    );
    expect(findAll(svg, "circle").map(textOf)).toEqual(["a", evil]);
  });

  test("draws on log axes what has a logarithm", () => {
    const svg = scatterChart({
      x: { scale: "log" },
      y: { scale: "log" },
      series: [{ name: "a", x: [0.1, 0, 10], y: [1, 1, -1] }],
    });
    expect(findAll(parseSvg(svg), "circle")).toHaveLength(1);
  });

  test("thins 100,000 points and says so", () => {
    const x = Float64Array.from({ length: 100_000 }, (_, i) => i);
    const svg = parseSvg(scatterChart({ series: [{ name: "a", x, y: x }] }));
    expect(findAll(svg, "circle")).toHaveLength(10_000);
    expect(textOf(findAll(svg, "desc")[0] ?? svg)).toContain("one of 10 is drawn");
  });

  test("refuses a series whose x and y differ in length", () => {
    expect(() => scatterChart({ series: [{ name: "a", x: [1, 2], y: [1] }] })).toThrow(
      "one y per x: current value is 1 y for 2 x",
    );
  });
});

describe("parallelChart()", () => {
  const axes = [{ name: "lr", scale: "log" as const }, { name: "optimizer" }, { name: "loss" }];

  test("takes numbers, texts that are numbers, and categories", () => {
    const svg = parallelChart({
      axes,
      lines: [
        { name: "a", values: ["0.1", "adam", 0.5] },
        { name: "b", values: [0.001, "sgd", 0.25] },
      ],
    });
    expect(findAll(parseSvg(svg), "path")).toHaveLength(2);
    for (const text of ["lr", "optimizer", "loss", "0.1", "0.001", "adam", "sgd", "0.25", "0.5"])
      expect(texts(svg)).toContain(text);
  });

  test("breaks a line where a value is missing and draws the rest", () => {
    const lines = [null, Number.NaN, undefined, "", Infinity].map((value, i) => ({
      name: `${i}`,
      values: [0.1, 1, value, 3, 4],
    }));
    const whole = { name: "whole", values: [0.2, 1, 2, 3, 4] };
    const svg = parallelChart({ axes: ["a", "b", "c", "d", "e"].map((name) => ({ name })), lines: [...lines, whole] });
    const moves = findAll(parseSvg(svg), "path").map(({ attributes }) => attributes["d"]?.match(/M/g)?.length);
    expect(moves.sort()).toEqual([1, 2, 2, 2, 2, 2]);
    expect(svg).not.toMatch(/d="[^"]*NaN/);
  });

  test("escapes names and values, and says when there is nothing", () => {
    const svg = parallelChart({
      title: evil,
      axes: [{ name: evil }, { name: "b" }],
      lines: [{ name: evil, values: [evil, 1] }],
    });
    expect(findAll(parseSvg(svg), "script")).toEqual([]);
    expect(texts(parallelChart({ axes, lines: [] }))).toEqual(["no data"]);
    expect(texts(parallelChart({ axes: [{ name: "a" }], lines: [{ name: "x", values: [1] }] }))).toEqual([
      "not enough axes",
    ]);
  });

  test("draws 2,000 of 10,000 lines, highlighted ones among them, and says how many it leaves out", () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => ({
      name: `run-${i}`,
      values: [i, `${i % 7}`, i],
      highlight: i === 9_999,
    }));
    const svg = parallelChart({ axes, lines });
    expect(findAll(parseSvg(svg), "path")).toHaveLength(2000);
    expect(svg).toContain("<title>run-9999: 9999, 3, 9999</title>");
    expect(svg).toContain("8,000 lines not drawn");
  });

  test("stays readable with 1,000 categories", () => {
    const lines = Array.from({ length: 1000 }, (_, i) => ({ name: `${i}`, values: [1, `category ${i}`, 2] }));
    expect(texts(parallelChart({ axes, lines })).length).toBeLessThan(40);
  });
});
