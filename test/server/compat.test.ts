import { describe, expect, test } from "vitest";
import { assembleServer } from "../../src/server/assemble-server.ts";
import { compatOf, type MlflowRelease } from "../../mocks/act-as.ts";
import { type Api, testApi } from "./support/api.ts";
import { memoryDatabase } from "./support/database.ts";

async function actAs(release: MlflowRelease): Promise<Api> {
  const database = await memoryDatabase();
  const server = assembleServer({ database }, compatOf(release));
  return testApi({ fetch: server.fetch, close: () => database.close() });
}

const point = (key: string, step = 0, value: number | string = 1): object => ({ key, value, timestamp: 1, step });
const keys = (count: number): object[] => Array.from({ length: count }, (_, index) => point(`k${index}`));

describe.each(["2.22", "3.6"] as const)("a server that acts as MLflow %s", (release) => {
  test("refuses a re-sent batch with NaN, loses its new points and keeps its params", async () => {
    const api = await actAs(release);
    const run = await api.run();
    const log = (metrics: object[], params: object[] = []) =>
      api.post("runs/log-batch", { run_id: run, metrics, params });
    expect((await log([point("n", 1, "NaN")])).status).toBe(200);
    const again = await log([point("n", 1, "NaN"), point("new")], [{ key: "p", value: "1" }]);
    expect([again.status, again.body.error_code]).toEqual([400, "BAD_REQUEST"]);
    expect((await api.get("metrics/get-history", { run_id: run, metric_key: "new", max_results: 9 })).body).toEqual({});
    expect((await api.get("runs/get", { run_id: run })).body.run.data.params).toEqual([{ key: "p", value: "1" }]);
    expect((await log([point("nn", 1, "NaN"), point("nn", 1, "NaN")])).status).toBe(400);
    api.close();
  });

  test("refuses a re-sent batch whose keys do not all stand in its first 100 points", async () => {
    const api = await actAs(release);
    const run = await api.run();
    const log = (metrics: object[]) => api.post("runs/log-batch", { run_id: run, metrics });
    for (const [count, status] of [
      [150, 200],
      [150, 400],
      [100, 200],
    ])
      expect((await log(keys(count!))).status).toBe(status);
    expect((await log([...keys(150), point("fresh")])).status).toBe(400);
    expect((await api.get("metrics/get-history", { run_id: run, metric_key: "fresh", max_results: 9 })).body).toEqual(
      {},
    );
    api.close();
  });
});

describe("a server that acts as MLflow 2.22", () => {
  test("answers as release 2 does", async () => {
    const api = await actAs("2.22");
    expect((await api.get("/version")).text).toBe("2.22.5");
    expect((await api.get("/api/3.0/mlflow/server-info")).status).toBe(404);
    const error = (await api.get("experiments/get", { experiment_id: "77" })).body;
    expect(Object.keys(error)).toEqual(["error_code", "message"]);
    expect((await api.get("experiments/get", { experiment_id: "0" })).body.experiment.workspace).toBeUndefined();
    api.close();
  });

  test("ignores max_results and page_token of a history", async () => {
    const api = await actAs("2.22");
    const run = await api.run();
    await api.post("runs/log-batch", { run_id: run, metrics: [point("a", 1), point("a", 2), point("a", 3)] });
    const { body } = await api.get("metrics/get-history", {
      run_id: run,
      metric_key: "a",
      max_results: 1,
      page_token: "zzz",
    });
    expect([body.metrics.length, body.next_page_token]).toEqual([3, undefined]);
    api.close();
  });

  test("serves every host and origin, without CORS headers", async () => {
    const api = await actAs("2.22");
    const { status, headers } = await api.send("experiments/get?experiment_id=0", {
      headers: { host: "evil.example", origin: "https://evil.example" },
    });
    expect([status, headers.get("access-control-expose-headers")]).toEqual([200, null]);
    api.close();
  });
});

describe("a server that acts as MLflow 3", () => {
  test("of before mid-2026 answers a history without max_results with a token that never advances", async () => {
    const api = await actAs("3.6");
    const run = await api.run();
    await api.post("runs/log-metric", { run_id: run, key: "a", value: 1, timestamp: 1 });
    const ask = async (query: object) =>
      (await api.get("metrics/get-history", { run_id: run, metric_key: "a", ...query })).body;
    const first = await ask({});
    expect(first.metrics).toBeUndefined();
    expect(await ask({ page_token: first.next_page_token })).toEqual(first);
    expect((await ask({ max_results: 10 })).metrics).toHaveLength(1);
    api.close();
  });

  test("reads a chunked body as empty", async () => {
    const api = await actAs("3.17");
    const headers = new Headers({ "content-type": "application/json" });
    const request = new Request("http://localhost/api/2.0/mlflow/experiments/create", {
      method: "POST",
      headers,
      body: '{"name": "a"}',
    });
    // Browsers do not let a page set this header; there the fault cannot be acted.
    request.headers.set("transfer-encoding", "chunked");
    const status = (await api.fetch(request)).status;
    expect(status).toBe(request.headers.has("transfer-encoding") ? 400 : 200);
    api.close();
  });
});
