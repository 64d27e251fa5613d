import { describe, expect, test } from "vitest";
import { lineChart } from "../../src/charts/index.ts";
import { dark, light, palette, ramp } from "../../src/charts/theme.ts";

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio of WCAG 2. */
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ["light", light],
  ["dark", dark],
] as const)("the %s theme", (_, ink) => {
  test("has texts that can be read (WCAG AA: 4.5)", () => {
    expect(contrast(ink.text, ink.ground)).toBeGreaterThan(4.5);
    expect(contrast(ink.quiet, ink.ground)).toBeGreaterThan(4.5);
  });

  test.each([...palette, ...ramp])("shows lines of %s (WCAG AA for graphics: 3)", (color) => {
    expect(contrast(color, ink.ground)).toBeGreaterThan(3);
  });
});

test("a chart follows the reader's system, or the theme that it is told", () => {
  const series = [{ name: "a", y: [1, 2] }];
  expect(lineChart({ series })).toContain("@media(prefers-color-scheme:dark)");
  expect(lineChart({ series, theme: "dark" })).toContain(`.tracklet-chart-dark .ground{fill:${dark.ground}}`);
  expect(lineChart({ series, theme: "light" })).not.toContain("@media");
});
