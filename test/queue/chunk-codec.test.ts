import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeMetrics, decodeRequest, encodeMetrics, encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import type { MetricColumns } from "../../src/queue/chunk/columns.ts";

type Point = readonly [key: number, value: number, timestamp: number, step: number];

function columns(points: readonly Point[], keys: readonly string[]): MetricColumns {
  return {
    count: points.length,
    keys,
    key: Uint8Array.from(points, ([key]) => key),
    value: Float64Array.from(points, ([, value]) => value),
    timestamp: Float64Array.from(points, ([, , timestamp]) => timestamp),
    step: Float64Array.from(points, ([, , , step]) => step),
  };
}

function points({ count, keys, key, value, timestamp, step }: MetricColumns): unknown[][] {
  return Array.from({ length: count }, (_, n) => [keys[key[n]!], value[n], timestamp[n], step[n]]);
}

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }), {
  minLength: 1,
  maxLength: 100,
});
const step = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(300));
const chunk = names.chain((keys) =>
  fc
    .array(fc.tuple(fc.nat(keys.length - 1), fc.double(), fc.oneof(fc.maxSafeNat(), fc.nat(60_000)), step), {
      minLength: 1,
      maxLength: 1000,
    })
    .map((list) => columns(list as Point[], keys)),
);

describe("encodeMetrics()", () => {
  test("gives back every point, the first of each key first and the rest in order", () => {
    fc.assert(
      fc.property(chunk, (given) => {
        const list = points(given);
        const first = list.filter(([key], n) => list.findIndex(([other]) => other === key) === n);
        const rest = list.filter((point) => !first.includes(point));
        expect(points(decodeMetrics(encodeMetrics(given)))).toEqual([...first, ...rest]);
      }),
    );
  });

  test("puts every key into the first 100 rows", () => {
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
    const grouped = Array.from({ length: 1000 }, (_, n): Point => [Math.floor(n / 10), n, n, n]);
    const { key } = decodeMetrics(encodeMetrics(columns(grouped, keys)));
    expect(new Set(key.subarray(0, 100)).size).toBe(100);
  });

  test("keeps -0, NaN, infinities and the smallest number apart", () => {
    const odd = [-0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324];
    const given = columns(
      odd.map((value, n): Point => [0, value, 1, n]),
      ["a"],
    );
    expect(decodeMetrics(encodeMetrics(given)).value).toEqual(Float64Array.from(odd));
  });

  test("takes at most 17 bytes a point for a full chunk", () => {
    const keys = ["loss", "accuracy", "val_loss", "val_accuracy"];
    const list = Array.from(
      { length: 1000 },
      (_, n): Point => [n % 4, Math.sin(n), 1_700_000_000_000 + n * 37, n >> 2],
    );
    expect(encodeMetrics(columns(list, keys)).length / 1000).toBeLessThan(17);
    const slow = list.map(([key, value, , at]): Point => [key, value, 1_700_000_000_000 + at * 3_600_000, at * 1_000]);
    expect(encodeMetrics(columns(slow, keys)).length / 1000).toBeLessThan(17.1);
  });

  test("takes next to nothing for what repeats", () => {
    const list = Array.from({ length: 1000 }, (_, n): Point => [0, Number.NaN, 5, n]);
    expect(encodeMetrics(columns(list, ["loss"])).length).toBeLessThan(2_100);
  });

  test("leaves keys out that do not occur", () => {
    expect(decodeMetrics(encodeMetrics(columns([[2, 1, 1, 1]], ["a", "b", "c"]))).keys).toEqual(["c"]);
  });
});

describe("encodeRequest()", () => {
  test("gives back every JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeRequest(encodeRequest(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("keeps lone surrogates and emoji", () => {
    const odd = ["\ud83d", "👩‍🚀", "é\u0000"];
    expect(decodeRequest(encodeRequest(odd))).toEqual(odd);
  });
});

describe("decodeMetrics() and decodeRequest()", () => {
  const whole = encodeMetrics(
    columns(
      [
        [0, 1.5, 10, 1],
        [1, 2.5, 11, 2],
        [0, 3.5, 12, 300],
      ],
      ["a", "b"],
    ),
  );
  const request = encodeRequest({ a: 1 });
  const damaged = expect.objectContaining({ name: "ChunkDamagedError" });

  test("refuse bytes with any one bit flipped", () => {
    for (const [bytes, decode] of [
      [whole, decodeMetrics],
      [request, decodeRequest],
    ] as const) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const torn = bytes.slice();
        torn[bit >> 3]! ^= 1 << (bit & 7);
        expect(caught(() => decode(torn))).toEqual(damaged);
      }
    }
  });

  test("refuse bytes cut at any place, or with more behind them", () => {
    for (let end = 0; end < whole.length; end++)
      expect(caught(() => decodeMetrics(whole.subarray(0, end)))).toEqual(damaged);
    expect(caught(() => decodeMetrics(Uint8Array.of(...whole, 0)))).toEqual(damaged);
  });

  test("refuse any bytes that were not written by the codec", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(caught(() => decodeMetrics(bytes))).toEqual(damaged);
      }),
    );
  });

  test("refuse each other's bytes", () => {
    expect(caught(() => decodeMetrics(request))).toEqual(damaged);
    expect(caught(() => decodeRequest(whole))).toEqual(damaged);
  });

  test("tell a chunk of a newer version from a damaged one", () => {
    const newer = encodeRequest("later", 2);
    expect(caught(() => decodeRequest(newer))).toEqual(expect.objectContaining({ name: "ChunkVersionError" }));
  });
});

function caught(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return error;
  }
}
