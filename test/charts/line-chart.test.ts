import { describe, expect, test } from "vitest";
import { lineChart } from "../../src/charts/index.ts";
import { findAll, parseSvg, textOf } from "./parse-svg.ts";

const paths = (svg: string): string[] => findAll(parseSvg(svg), "path").map(({ attributes }) => attributes["d"] ?? "");
const points = (path: string): number => path.match(/[ML]/g)?.length ?? 0;

describe("lineChart()", () => {
  test("draws a line per series with its name, and names both axes", () => {
    const svg = parseSvg(
      lineChart({
        title: "loss",
        x: { label: "epoch" },
        y: { label: "nats" },
        series: [
          { name: "a", y: [3, 2] },
          { name: "b", y: [1, 1] },
        ],
      }),
    );
    expect(findAll(svg, "path")).toHaveLength(2);
    const texts = findAll(svg, "text").map(textOf);
    for (const text of ["loss", "epoch", "nats", "a", "b"]) expect(texts).toContain(text);
  });

  test("describes itself to screen readers", () => {
    const svg = parseSvg(lineChart({ title: "loss", x: { label: "epoch" }, series: [{ name: "a", y: [3, 2] }] }));
    expect(svg.attributes).toMatchObject({ role: "img", "aria-label": "loss" });
    expect(textOf(findAll(svg, "title")[0] ?? svg)).toBe("loss");
    expect(textOf(findAll(svg, "desc")[0] ?? svg)).toBe("Line chart of 1 line: epoch from 0 to 1, y from 2 to 3");
    const own = parseSvg(lineChart({ description: "falls", series: [{ name: "a", y: [3, 2] }] }));
    expect(textOf(findAll(own, "desc")[0] ?? own)).toBe("falls");
  });

  test("puts higher values higher and later steps further right", () => {
    const [path = ""] = paths(lineChart({ series: [{ name: "a", x: [0, 5, 10], y: [1, 3, 2] }] }));
    const [a, b, c] = [...path.matchAll(/([\d.]+),([\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    expect(b?.x).toBeGreaterThan(a?.x ?? Number.NaN);
    expect(c?.x).toBeGreaterThan(b?.x ?? Number.NaN);
    expect(b?.y).toBeLessThan(c?.y ?? Number.NaN);
    expect(c?.y).toBeLessThan(a?.y ?? Number.NaN);
  });

  test.each([Number.NaN, Infinity, -Infinity, 1.7976931348623157e308, -1.7976931348623157e308])(
    "leaves a gap for %d, which moves no axis",
    (value) => {
      const svg = lineChart({ series: [{ name: "a", y: [1, 2, value, 2, 1] }] });
      expect(paths(svg)[0]?.match(/M/g)).toHaveLength(2);
      expect(svg).not.toMatch(/NaN|Infinity|e\+?30/);
    },
  );

  test("shows a point between two gaps as a dot", () => {
    const svg = parseSvg(lineChart({ series: [{ name: "a", y: [1, Number.NaN, 2, Number.NaN, 1] }] }));
    expect(findAll(svg, "circle")).toHaveLength(3);
  });

  test("draws on a log axis and leaves a gap where a logarithm has no value", () => {
    const svg = lineChart({ y: { scale: "log" }, series: [{ name: "lr", y: [1e-1, 1e-2, 0, -1, 1e-3, 1e-4] }] });
    expect(paths(svg)[0]?.match(/M/g)).toHaveLength(2);
    const texts = findAll(parseSvg(svg), "text").map(textOf);
    for (const text of ["0.1", "0.01", "0.001"]) expect(texts).toContain(text);
  });

  test("gives steps whole ticks", () => {
    const texts = findAll(parseSvg(lineChart({ series: [{ name: "a", y: [0.5, 0.25, 0.125] }] })), "text").map(textOf);
    expect(texts).toContain("2");
    expect(texts).not.toContain("0.5.0");
    expect(texts.filter((text) => text === "1.5")).toEqual([]);
  });

  test.each<[string, Parameters<typeof lineChart>[0]]>([
    ["no data", { series: [] }],
    ["no values that can be drawn", { series: [{ name: "a", y: [] }] }],
    ["no values that can be drawn", { series: [{ name: "a", y: [Number.NaN] }] }],
    ["no values that can be drawn", { y: { scale: "log" }, series: [{ name: "a", y: [-1, 0] }] }],
  ])("says %j instead of drawing nothing (%#)", (reason, options) => {
    expect(findAll(parseSvg(lineChart(options)), "text").map(textOf)).toEqual([reason]);
  });

  test.each([0, 5, -3, 1e-12, 1e12])("draws a line that never moves from %d", (value) => {
    const svg = lineChart({ series: [{ name: "a", y: [value, value, value] }] });
    expect(points(paths(svg)[0] ?? "")).toBe(3);
    expect(svg).not.toContain("NaN");
  });

  test("keeps a million points to a few per pixel, with the highest and the lowest among them", () => {
    const y = Float64Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i / 1000));
    y[654_321] = 50;
    const flat = lineChart({ series: [{ name: "a", y }] });
    expect(points(paths(flat)[0] ?? "")).toBeLessThan(4 * 640);
    const tops = [...(paths(flat)[0] ?? "").matchAll(/,([\d.]+)/g)].map(([, top]) => Number(top));
    expect(Math.min(...tops)).toBeLessThan(40);
  });

  test("draws 500 of 10,000 lines, highlighted ones among them, and says how many it leaves out", () => {
    const series = Array.from({ length: 10_000 }, (_, i) => ({
      name: `run-${i}`,
      y: [i, i + 1],
      highlight: i === 9_999,
    }));
    const svg = lineChart({ series });
    expect(paths(svg)).toHaveLength(500);
    expect(svg).toContain("<title>run-9999</title>");
    expect(textOf(findAll(parseSvg(svg), "desc")[0] ?? parseSvg(svg))).toContain("9,500 lines not drawn");
    expect(findAll(parseSvg(svg), "text").map(textOf)).toContain("and 9,986 more lines, 9,500 of them not drawn");
    expect(svg.length).toBeLessThan(200_000);
  });

  test("escapes every text, also in attributes", () => {
    const evil = `</title></style><script>alert("1")</script>'&\u0000\ud800`;
    const svg = lineChart({
      title: evil,
      x: { label: evil },
      y: { label: evil },
      series: [
        { name: evil, y: [1, 2], color: evil },
        { name: evil, y: [1] },
      ],
    });
    expect(findAll(parseSvg(svg), "script")).toEqual([]);
    expect(textOf(findAll(parseSvg(svg), "title")[0] ?? parseSvg(svg))).toContain("<script>");
  });

  test("refuses an x that does not fit its y, and a size that is none", () => {
    expect(() => lineChart({ series: [{ name: "a", x: [1], y: [1, 2] }] })).toThrow(
      'Cannot draw the line "a" as it must have one x per y: current value is 1 x for 2 y',
    );
    expect(() => lineChart({ width: Number.NaN, series: [] })).toThrow(
      "width as it must be 120 to 10000 pixels: current value is NaN",
    );
    expect(() => lineChart({ height: 5, series: [] })).toThrow(RangeError);
  });
});
