import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checksum } from "../../src/internal/checksum.ts";

describe("checksum()", () => {
  test("differs after a change of any one byte", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (data, at, flip) => {
          const before = checksum(data, data.length);
          data[at % data.length]! ^= flip;
          expect(checksum(data, data.length)).not.toBe(before);
        },
      ),
    );
  });

  test("covers only the length it is given, and the length itself", () => {
    const data = new Uint8Array(8);
    expect(checksum(data, 4)).not.toBe(checksum(data, 8));
    expect(checksum(Uint8Array.of(1, 2, 3, 9), 3)).toBe(checksum(Uint8Array.of(1, 2, 3, 7), 3));
  });

  test("is the same for a view that begins anywhere in its buffer", () => {
    const whole = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);
    expect(checksum(whole.subarray(3), 5)).toBe(checksum(Uint8Array.of(3, 4, 5, 6, 7), 5));
  });
});
