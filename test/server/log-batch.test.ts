import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Api, withApi } from "./support/api.ts";

interface Point {
  key: string;
  value: number | string;
  timestamp: number;
  step: number;
}

async function history(api: Api, run: string, key: string): Promise<Omit<Point, "key">[]> {
  const { body } = await api.get("metrics/get-history", { run_id: run, metric_key: key });
  return (body.metrics ?? []).map(({ value, timestamp, step }: Point) => ({ value, timestamp, step }));
}

async function dataOf(api: Api, run: string): Promise<{ metrics?: Point[]; params?: object[]; tags?: object[] }> {
  return (await api.get("runs/get", { run_id: run })).body.run.data;
}

const small = fc.record({
  key: fc.constantFrom("a", "b", "c d"),
  value: fc.oneof(fc.constantFrom<number | string>("NaN", "Infinity", 0, -0), fc.integer({ min: -3, max: 3 })),
  timestamp: fc.integer({ min: 0, max: 3 }),
  step: fc.integer({ min: -2, max: 2 }),
});

/** The rule, written down a second time: greatest step, then timestamp, then value, with NaN as 0. */
function latest(points: readonly Point[]): Map<string, [number, number, number]> {
  const best = new Map<string, [number, number, number]>();
  const rank = ({ step, timestamp, value }: Point): [number, number, number] => [
    step,
    timestamp,
    value === "NaN" ? 0 : value === "Infinity" ? Number.MAX_VALUE : Number(value) + 0,
  ];
  for (const point of points) {
    const [a, b] = [rank(point), best.get(point.key)];
    const later = b === undefined || a[0] > b[0] || (a[0] === b[0] && (a[1] > b[1] || (a[1] === b[1] && a[2] > b[2])));
    if (later) best.set(point.key, a);
  }
  return best;
}

describe("runs/log-batch", () => {
  test("keeps each distinct point once and the latest one, however often and in whatever order batches come", () =>
    withApi((api) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(small, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
          async (batches) => {
            const run = await api.run();
            for (const metrics of [...batches, ...batches.toReversed()]) {
              expect((await api.post("runs/log-batch", { run_id: run, metrics })).status).toBe(200);
            }
            const points = batches.flat();
            const expected = latest(points);
            const found = (await dataOf(api, run)).metrics ?? [];
            expect(new Map(found.map((m) => [m.key, [m.step, m.timestamp, m.value === "NaN" ? 0 : m.value]]))).toEqual(
              expected,
            );
            for (const key of expected.keys()) {
              const distinct = new Set(
                points
                  .filter((p) => p.key === key)
                  .map((p) => `${p.step} ${p.timestamp} ${typeof p.value === "number" ? p.value + 0 : p.value}`),
              );
              expect(await history(api, run, key)).toHaveLength(distinct.size);
            }
          },
        ),
        { numRuns: 60 },
      ),
    ));

  test("stores all three kinds", () =>
    withApi(async (api) => {
      const run = await api.run();
      const metrics = [{ key: "m", value: 0.5, timestamp: 5, step: 1 }];
      await api.post("runs/log-batch", {
        run_id: run,
        metrics,
        params: [{ key: "p", value: "1" }],
        tags: [{ key: "t", value: "x" }],
      });
      const data = await dataOf(api, run);
      expect(data.metrics).toEqual(metrics);
      expect(data.params).toEqual([{ key: "p", value: "1" }]);
      expect(data.tags).toContainEqual({ key: "t", value: "x" });
    }));

  test.each([
    [
      "a changed param",
      {
        params: [
          { key: "new", value: "1" },
          { key: "lr", value: "2" },
        ],
      },
    ],
    [
      "a param named twice",
      {
        params: [
          { key: "new", value: "1" },
          { key: "new", value: "1" },
        ],
      },
    ],
    ["a metric for a model that is not there", { metrics: [{ key: "m", value: 1, timestamp: 1, model_id: "m-1" }] }],
    ["a bad metric key", { metrics: [{ key: "bad@", value: 1, timestamp: 1 }] }],
    ["a fraction in a step", { metrics: [{ key: "m", value: 1, timestamp: 1, step: 1.5 }] }],
    ["a negative timestamp", { metrics: [{ key: "m", value: 1, timestamp: -1 }] }],
    ["no timestamp", { metrics: [{ key: "m", value: 1 }] }],
    ["a null value", { metrics: [{ key: "m", value: null, timestamp: 1 }] }],
    ["a list as value", { metrics: [{ key: "m", value: [1], timestamp: 1 }] }],
    ["a metric that is no object", { metrics: [5] }],
    ["metrics that are no list", { metrics: { a: 1 } }],
    ["a number as tag value", { tags: [{ key: "t", value: 5 }] }],
    ["a tag without key", { tags: [{ value: "5" }] }],
  ])("writes nothing of a batch with %s", (_, bad) =>
    withApi(async (api) => {
      const run = await api.run();
      await api.post("runs/log-parameter", { run_id: run, key: "lr", value: "1" });
      const before = await dataOf(api, run);
      const answer = await api.post("runs/log-batch", {
        run_id: run,
        params: [{ key: "p", value: "1" }],
        tags: [{ key: "t", value: "x" }],
        metrics: [{ key: "good", value: 1, timestamp: 1 }],
        ...bad,
      });
      expect(answer.status).toBe(400);
      expect(await dataOf(api, run)).toEqual(before);
      expect(await history(api, run, "good")).toEqual([]);
    }),
  );

  test("names the place of a value that it cannot read", () =>
    withApi(async (api) => {
      const metrics = [
        { key: "a", value: 1, timestamp: 1 },
        { key: "b", value: 1, timestamp: 1, step: "x" },
      ];
      const answer = await api.post("runs/log-batch", { run_id: await api.run(), metrics });
      expect(answer.body.message).toBe(
        "Invalid value for parameter 'metrics[1].step': it must be a 64-bit integer, current value is \"x\"",
      );
    }));

  test.each([
    ["metrics", 1000, (index: number) => ({ key: `k${index}`, value: index, timestamp: 1 })],
    ["params", 100, (index: number) => ({ key: `k${index}`, value: "v" })],
    ["tags", 100, (index: number) => ({ key: `k${index}`, value: "v" })],
  ])("takes %s up to the limit of %d and refuses one more", (kind, limit, item) =>
    withApi(async (api) => {
      const run = await api.run();
      const items = Array.from({ length: limit + 1 }, (_, index) => item(index));
      expect((await api.post("runs/log-batch", { run_id: run, [kind]: items })).body.message).toContain(
        `at most ${limit} ${kind}`,
      );
      expect((await api.post("runs/log-batch", { run_id: run, [kind]: items.slice(1) })).status).toBe(200);
    }),
  );

  test("refuses more than 1,000 of all kinds together", () =>
    withApi(async (api) => {
      const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: "m", value: step, timestamp: 1, step }));
      const answer = await api.post("runs/log-batch", {
        run_id: await api.run(),
        metrics,
        tags: [{ key: "t", value: "" }],
      });
      expect([answer.status, answer.body.message]).toEqual([
        400,
        expect.stringContaining("at most 1000 metrics, params, and tags"),
      ]);
    }));

  test("takes null for no list, and no lists for nothing to do", () =>
    withApi(async (api) => {
      const run = await api.run();
      expect((await api.post("runs/log-batch", { run_id: run, metrics: null, params: null, tags: null })).body).toEqual(
        {},
      );
      expect((await api.post("runs/log-batch", { run_id: run })).body).toEqual({});
    }));

  test("keeps int64 steps exact that come as text or as number", () =>
    withApi(async (api) => {
      const run = await api.run();
      const send = (step: string): Promise<{ status: number }> =>
        api.send("runs/log-batch", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: `{"run_id": "${run}", "metrics": [{"key": "a", "value": 1, "timestamp": 1, "step": ${step}}]}`,
        });
      for (const step of ["9223372036854775807", '"9007199254740993"', "-9223372036854775808"])
        expect((await send(step)).status).toBe(200);
      const { text } = await api.get("metrics/get-history", { run_id: run, metric_key: "a" });
      for (const step of ["9223372036854775807", "9007199254740993", "-9223372036854775808"])
        expect(text).toContain(`"step": ${step}}`);
      expect((await send("9223372036854775808")).status).toBe(400);
      expect((await api.get("runs/get", { run_id: run })).text).toContain('"step": 9223372036854775807}');
    }));
});

describe("runs/log-metric", () => {
  test.each([
    ["NaN", "NaN"],
    ["Infinity", Number.MAX_VALUE],
    ["-Infinity", -Number.MAX_VALUE],
    ["inf", Number.MAX_VALUE],
    ["1.5", 1.5],
    [true, 1],
    [-0, 0],
    [5e-324, 5e-324],
  ])("stores %j as %j", (value, stored) =>
    withApi(async (api) => {
      const run = await api.run();
      for (let time = 0; time < 2; time++) {
        expect((await api.post("runs/log-metric", { run_id: run, key: "a", value, timestamp: 7 })).body).toEqual({});
      }
      expect(await history(api, run, "a")).toEqual([{ value: stored, timestamp: 7, step: 0 }]);
    }),
  );

  test.each([
    { value: "nan" },
    { value: "abc" },
    { value: [1] },
    { step: 1.5 },
    { step: "9223372036854775808" },
    { timestamp: 1.25 },
    { timestamp: -1 },
    { timestamp: undefined },
    { key: "" },
    { key: 5 },
    { key: "a//b" },
    { run_id: undefined },
    { model_id: 5 },
  ])("refuses %j and stores nothing", (bad) =>
    withApi(async (api) => {
      const run = await api.run();
      expect(
        (await api.post("runs/log-metric", { run_id: run, key: "a", value: 1, timestamp: 1, step: 0, ...bad })).status,
      ).toBe(400);
      expect(await history(api, run, "a")).toEqual([]);
      expect((await dataOf(api, run)).metrics).toBeUndefined();
    }),
  );
});
