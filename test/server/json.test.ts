import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { double, doubleText, list, writeJson } from "../../src/server/json.ts";

describe("writeJson()", () => {
  test("writes what JSON.parse reads back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const whole = JSON.parse(
          JSON.stringify(value, (_, part) => (typeof part === "number" ? Math.trunc(part) : part)),
        );
        expect(JSON.parse(writeJson(whole))).toEqual(whole);
      }),
    );
  });

  test("leaves undefined members out and writes bigint as digits", () => {
    expect(writeJson({ a: undefined, b: 9_223_372_036_854_775_807n, c: [true, null] })).toBe(
      '{"b": 9223372036854775807, "c": [true, null]}',
    );
    expect(writeJson({ a: list([]), b: list([1]) })).toBe('{"b": [1]}');
  });
});

describe("doubleText()", () => {
  test.each([
    [1, "1.0"],
    [0, "0.0"],
    [-3, "-3.0"],
    [0.5, "0.5"],
    [1e21, "1e+21"],
    [5e-324, "5e-324"],
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, "1.7976931348623157e+308"],
    [Number.NEGATIVE_INFINITY, "-1.7976931348623157e+308"],
  ])("writes %d as %s", (value, text) => expect(doubleText(value)).toBe(text));

  test("round-trips every finite double", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(JSON.parse(doubleText(value))).toBe(value + 0);
        expect(doubleText(value)).toMatch(/[.e]/);
      }),
    );
  });

  test("is what double() puts into a reply", () => expect(writeJson({ value: double(2) })).toBe('{"value": 2.0}'));
});
