import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBatch } from "../../src/client/encode-batch.ts";
import { metricsBody } from "../../src/queue/metrics-body.ts";

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
        expect(JSON.parse(body)).toEqual({
          ...JSON.parse(encodeBatch({ runId: "r1", metrics })),
          params: undefined,
          tags: undefined,
        });
      }),
    );
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
