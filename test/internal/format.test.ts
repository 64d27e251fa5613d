import { describe, expect, test } from "vitest";
import { formatDuration, formatNumber, formatTime } from "../../src/internal/format.ts";

describe("formatNumber()", () => {
  test.each<[number, string]>([
    [0, "0"],
    [-0, "0"],
    [0.1, "0.1"],
    [0.0123456, "0.01235"],
    [0.00001234, "1.234e-5"],
    [1, "1"],
    [-1184, "-1,184"],
    [12345.678, "12,346"],
    [999.96, "1000"],
    [123456789, "123,456,789"],
    [1e9, "1e9"],
    [-2.5e20, "-2.5e20"],
    [Number.NaN, "NaN"],
    [Infinity, "∞"],
    [-1.7976931348623157e308, "-∞"],
  ])("writes %d as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe("formatDuration()", () => {
  test.each<[number, string]>([
    [0, "0 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [59_949, "59.9 s"],
    [59_960, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [7_800_000, "2 h 10 min"],
    [4 * 86_400_000 + 3 * 3_600_000, "4 d 03 h"],
    [-1500, "-1.5 s"],
    [Number.NaN, ""],
    [Infinity, ""],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

test("formatTime() writes local time, and nothing for a time that is none", () => {
  expect(formatTime(new Date(2026, 0, 2, 3, 4, 5))).toBe("2026-01-02 03:04");
  expect(formatTime(new Date(Number.NaN))).toBe("");
});
