import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addRange, type Range, within } from "../../src/queue/lead/ranges.ts";

describe("addRange()", () => {
  test("keeps exactly what was added, in order and apart", () => {
    const range = fc.tuple(fc.nat(200), fc.nat(8)).map(([from, length]) => [from, from + length] as const);
    fc.assert(
      fc.property(fc.array(range, { maxLength: 40 }), (added) => {
        const ranges: Range[] = [];
        for (const [from, to] of added) addRange(ranges, from, to);
        for (let value = 0; value < 220; value++) {
          expect(within(ranges, value)).toBe(added.some(([from, to]) => from <= value && value <= to));
        }
        for (const [n, [from]] of ranges.entries()) if (n > 0) expect(from).toBeGreaterThan(ranges[n - 1]![1] + 1);
      }),
    );
  });

  test("joins the nearest when there are too many, and forgets nothing", () => {
    const ranges: Range[] = [];
    for (let n = 0; n < 2_000; n++) addRange(ranges, n * 10, n * 10 + (n % 3));
    expect(ranges.length).toBeLessThan(300);
    for (let n = 0; n < 2_000; n++) expect(within(ranges, n * 10)).toBe(true);
  });
});
