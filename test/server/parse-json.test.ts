import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/server/parse-json.ts";

describe("parseJson()", () => {
  test("gives what JSON.parse gives for any value without large integers", () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("keeps every integer exact", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (number) => {
        const { a } = parseJson(`{"a": ${number}}`) as { a: number | bigint };
        expect(BigInt(a)).toBe(number);
        expect(typeof a).toBe(Number.isSafeInteger(Number(number)) ? "number" : "bigint");
      }),
    );
  });

  test("leaves digits inside strings and fractions alone", () => {
    expect(
      parseJson('{"s": "x: 12345678901234567890, y", "f": 0.12345678901234567890, "b": 98765432109876543210}'),
    ).toEqual({
      s: "x: 12345678901234567890, y",
      f: 0.12345678901234568,
      b: 98765432109876543210n,
    });
    expect(parseJson('[12345678901234567890.5, 12345678901234567890e2, "\\"12345678901234567890"]')).toEqual([
      Number("12345678901234567890.5"),
      Number("12345678901234567890e2"),
      '"12345678901234567890',
    ]);
  });

  test("passes over a byte order mark", () => expect(parseJson("\ufeff[1]")).toEqual([1]));

  test.each(["", "{", "{}x", "[1,]", "undefined", '{"a": 12345678901234567890', "\u0000"])("refuses %j", (text) => {
    expect(() => parseJson(text)).toThrow("must be JSON");
  });

  test("tells how to write NaN and infinities", () => {
    expect(() => parseJson('{"value": NaN}')).toThrow('write NaN as "NaN"');
    expect(() => parseJson('{"value": -Infinity}')).toThrow('write -Infinity as "-Infinity"');
  });
});
