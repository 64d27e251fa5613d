import { describe, expect, test } from "vitest";
import { type Api, withApi } from "./support/api.ts";

const bulk = "/ajax-api/2.0/mlflow/metrics/get-history-bulk";
const interval = "metrics/get-history-bulk-interval";

/** A run with `count` points of metric "m" at steps 0, 1, 2 ... */
async function runWith(api: Api, count: number): Promise<string> {
  const run = await api.run();
  const metrics = Array.from({ length: count }, (_, step) => ({ key: "m", value: step, timestamp: 1000 + step, step }));
  await api.post("runs/log-batch", { run_id: run, metrics });
  return run;
}

function steps(answer: { body: { metrics?: { step: number }[] } }): number[] {
  return (answer.body.metrics ?? []).map(({ step }) => step);
}

describe("metrics/get-history", () => {
  test("orders by timestamp, step, value", () =>
    withApi(async (api) => {
      const run = await api.run();
      const metrics = [
        { key: "m", value: 2, timestamp: 2, step: 1 },
        { key: "m", value: 1, timestamp: 2, step: 1 },
        { key: "m", value: 9, timestamp: 1, step: 5 },
        { key: "other", value: 9, timestamp: 1, step: 5 },
        { key: "m", value: "NaN", timestamp: 2, step: 0 },
      ];
      await api.post("runs/log-batch", { run_id: run, metrics });
      expect((await api.get("metrics/get-history", { run_id: run, metric_key: "m" })).body).toEqual({
        metrics: [metrics[2], metrics[4], metrics[1], metrics[0]],
      });
    }));

  test("pages give every point once, and an exactly full last page has no token", () =>
    withApi(async (api) => {
      const run = await runWith(api, 6);
      const seen: number[] = [];
      let pages = 0;
      for (let token = ""; ; pages++) {
        const { body } = await api.get("metrics/get-history", {
          run_id: run,
          metric_key: "m",
          max_results: 2,
          page_token: token,
        });
        seen.push(...steps({ body }));
        if (body.next_page_token === undefined) break;
        token = body.next_page_token;
      }
      expect([seen, pages]).toEqual([[0, 1, 2, 3, 4, 5], 2]);
    }));

  test("a token without max_results gives the rest, a word as max_results everything", () =>
    withApi(async (api) => {
      const run = await runWith(api, 5);
      const query = { run_id: run, metric_key: "m" };
      const { body } = await api.get("metrics/get-history", { ...query, max_results: 2 });
      expect(steps(await api.get("metrics/get-history", { ...query, page_token: body.next_page_token }))).toEqual([
        2, 3, 4,
      ]);
      expect(steps(await api.get("metrics/get-history", { ...query, max_results: "abc" }))).toHaveLength(5);
    }));

  test.each<Record<string, string | number>>([
    { max_results: 0 },
    { max_results: -1 },
    { page_token: "zzz" },
    { page_token: "e30=" },
    { metric_key: "" },
    { run_id: "" },
  ])("refuses %j", (bad) =>
    withApi(async (api) => {
      const answer = await api.get("metrics/get-history", {
        run_id: await api.run(),
        metric_key: "m",
        max_results: 2,
        ...bad,
      });
      expect([answer.status, answer.body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }),
  );

  test("is empty for what is not there", () =>
    withApi(async (api) => {
      expect((await api.get("metrics/get-history", { run_id: "none", metric_key: "m" })).body).toEqual({});
      expect(
        (await api.get("metrics/get-history", { run_id: await api.run(), metric_key: "'; DROP TABLE runs" })).body,
      ).toEqual({});
    }));
});

describe("metrics/get-history-bulk", () => {
  test("gives the points of many runs, ordered by run, and is served under /ajax-api only", () =>
    withApi(async (api) => {
      const runs = [await runWith(api, 2), await runWith(api, 2)].sort();
      const { body } = await api.get(bulk, { run_id: runs, metric_key: "m" });
      expect(body.metrics.map((m: { run_id: string; step: number }) => [m.run_id, m.step])).toEqual([
        [runs[0], 0],
        [runs[0], 1],
        [runs[1], 0],
        [runs[1], 1],
      ]);
      expect((await api.get("metrics/get-history-bulk", { run_id: runs, metric_key: "m" })).status).toBe(404);
    }));

  test("counts max_results over all runs", () =>
    withApi(async (api) => {
      const runs = [await runWith(api, 3), await runWith(api, 3)];
      expect((await api.get(bulk, { run_id: runs, metric_key: "m", max_results: 4 })).body.metrics).toHaveLength(4);
    }));

  test("quotes NaN, so that the answer is JSON", () =>
    withApi(async (api) => {
      const run = await api.run();
      await api.post("runs/log-metric", { run_id: run, key: "m", value: "NaN", timestamp: 1 });
      expect((await api.get(bulk, { run_id: run, metric_key: "m" })).body.metrics[0].value).toBe("NaN");
    }));

  test("always has a list, and refuses no run, no key and 101 runs", () =>
    withApi(async (api) => {
      expect((await api.get(bulk, { run_id: "none", metric_key: "m" })).body).toEqual({ metrics: [] });
      expect((await api.get(bulk, { metric_key: "m" })).status).toBe(400);
      expect((await api.get(bulk, { run_id: "a" })).status).toBe(400);
      const runs = Array.from({ length: 101 }, (_, index) => `r${index}`);
      expect((await api.get(bulk, { run_id: runs, metric_key: "m" })).body.message).toContain("Received 101 run_ids");
    }));
});

describe("metrics/get-history-bulk-interval", () => {
  test.each([
    [20, 3, [0, 7, 19]],
    [20, 5, [0, 4, 8, 12, 19]],
    [20, 2, [0, 19]],
    [20, 1, [19]],
    [3, 5, [0, 1, 2]],
    [0, 5, []],
  ])("of %d points shows at most %d, with the first and the last", (count, most, expected) =>
    withApi(async (api) => {
      const run = await runWith(api, count);
      expect(steps(await api.get(interval, { run_ids: run, metric_key: "m", max_results: most }))).toEqual(expected);
    }),
  );

  test("keeps to a range of steps", () =>
    withApi(async (api) => {
      const run = await runWith(api, 20);
      const query = { run_ids: run, metric_key: "m", max_results: 3 };
      expect(steps(await api.get(interval, { ...query, start_step: 5, end_step: 9 }))).toEqual([5, 7, 9]);
      expect((await api.get(interval, { ...query, start_step: 5 })).status).toBe(400);
      expect((await api.get(interval, { ...query, start_step: 9, end_step: 5 })).status).toBe(400);
      expect((await api.get(interval, { ...query, start_step: "a", end_step: "b" })).status).toBe(400);
    }));

  test.each([0, -1, 2501, "x"])("refuses max_results %j", (max_results) =>
    withApi(async (api) => {
      expect((await api.get(interval, { run_ids: "r", metric_key: "m", max_results })).status).toBe(400);
    }),
  );
});
