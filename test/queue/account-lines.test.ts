import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AccountLine, decodeLines, encodeLines, encodeNames } from "../../src/queue/account/account-lines.ts";

const count = fc.nat(2 ** 40);
const range = fc.tuple(fc.integer(), fc.integer());
const line: fc.Arbitrary<AccountLine> = fc
  .record({
    kind: fc.constantFrom("metric" as const, "param" as const, "tag" as const, "input" as const, "artifact" as const),
    key: fc.string({ unit: "grapheme" }),
    logged: count,
    dropped: count,
    refused: count,
    points: fc.option(
      fc.record({
        counted: fc.integer({ min: 1, max: 2 ** 40 }),
        repeats: count,
        exact: fc.boolean(),
        low: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        high: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        steps: range,
        timestamps: range,
      }),
      { nil: undefined },
    ),
  })
  .map(({ points, ...rest }) => (points ? { ...rest, points } : rest));

describe("encodeLines()", () => {
  test("gives bytes that decodeLines() reads as the same lines", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        expect(decodeLines(encodeLines(lines, encodeNames(lines)))).toEqual(lines);
      }),
    );
  });

  test("F25 gives bytes that are told from any other ones: of a torn or flipped account nothing is said", () => {
    const lines: AccountLine[] = [
      { kind: "metric", key: "loss", logged: 3, dropped: 1, refused: 0 },
      { kind: "param", key: "p", logged: 1, dropped: 0, refused: 2 },
    ];
    const whole = encodeLines(lines, encodeNames(lines));
    for (let at = 0; at < whole.length; at++) {
      expect(decodeLines(whole.subarray(0, at))).toEqual([]);
      for (const flip of [1, 0x80, 0xff]) {
        const bytes = whole.slice();
        bytes[at]! ^= flip;
        expect(decodeLines(bytes)).toEqual([]);
      }
    }
  });
});
