import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBatch } from "../../src/client/encode-batch.ts";
import { metricsBody } from "../../src/queue/chunk/metrics-body.ts";

describe("metricsBody()", () => {
  test("is the body that the client makes of the same points", () => {
    const point = fc.record({
      key: fc.constantFrom("loss", "val/loss", "größe", "a b"),
      value: fc.double(),
      timestamp: fc.maxSafeNat(),
      step: fc.maxSafeInteger(),
    });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 50 }), (metrics) => {
        const keys = [...new Set(metrics.map(({ key }) => key))];
        const column = (name: "value" | "timestamp" | "step"): Float64Array =>
          Float64Array.from(metrics, (one) => one[name]);
        const body = metricsBody("r1", {
          count: metrics.length,
          keys,
          key: Uint8Array.from(metrics, ({ key }) => keys.indexOf(key)),
          value: column("value"),
          timestamp: column("timestamp"),
          step: column("step"),
        });
        expect(JSON.parse(new TextDecoder().decode(body))).toEqual({
          ...JSON.parse(encodeBatch({ runId: "r1", metrics })),
          params: undefined,
          tags: undefined,
        });
      }),
    );
  });

  test.each([0, -1, 9, 10, 99_999_999, 100_000_000, 1_700_000_000_000, 2 ** 53 - 1, -(2 ** 53 - 1)])(
    "writes %s digit by digit",
    (number) => {
      const column = Float64Array.of(number);
      const one = { count: 1, keys: ["a"], key: Uint8Array.of(0), value: column, timestamp: column, step: column };
      expect(new TextDecoder().decode(metricsBody("r", one))).toBe(
        `{"run_id":"r","metrics":[{"key":"a","value":${number},"timestamp":${number},"step":${number}}]}`,
      );
    },
  );

  test("gives bytes that no later call changes", () => {
    const one = (count: number) => ({
      count,
      keys: ["a", "much longer"],
      key: Uint8Array.from({ length: count }, (_, row) => row % 2),
      value: new Float64Array(count),
      timestamp: new Float64Array(count),
      step: new Float64Array(count),
    });
    const first = metricsBody("r", one(1_000));
    const copy = first.slice();
    metricsBody("other", one(500));
    expect(first).toEqual(copy);
  });

  test.each([0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses %s as a step, of which MLflow would lose the rest",
    (step) => {
      const one = {
        count: 1,
        keys: ["a"],
        key: Uint8Array.of(0),
        value: Float64Array.of(1),
        timestamp: Float64Array.of(1),
      };
      expect(() => metricsBody("r", { ...one, step: Float64Array.of(step) })).toThrow("integers");
    },
  );
});
