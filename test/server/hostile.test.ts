import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assembleServer } from "../../src/server/assemble-server.ts";
import { current } from "../../src/server/compat.ts";
import { routes } from "../../src/server/routes/index.ts";
import { type Api, testApi, withApi } from "./support/api.ts";
import { memoryDatabase } from "./support/database.ts";

const json = { "content-type": "application/json" };
const posts = routes.filter((route) => "handle" in route && route.method === "POST").map((route) => route.path);
const gets = routes.filter((route) => "handle" in route && route.method === "GET").map((route) => route.path);

/** Answers are MLflow's JSON, blame the request, and tell nothing of the inside. */
function expectRefusal(answer: {
  status: number;
  body: { error_code?: string; message?: string };
  text: string;
}): void {
  expect(answer.status).toBe(400);
  expect(answer.body.error_code).toMatch(/^[A-Z_]+$/);
  expect(answer.text).not.toMatch(/sqlite|node:|\.ts\b|\bat \w+ \(|SELECT |INSERT |constraint/i);
  expect(answer.text.length).toBeLessThan(2000);
}

/** One server for the tests of a `describe`: what is refused changes nothing in it. */
function withSharedApi(): () => Api {
  let api: Api | undefined;
  beforeAll(async () => {
    api = await testApi();
  });
  afterAll(() => api?.close());
  return () => api!;
}

describe.each(posts)("POST %s", (path) => {
  const shared = withSharedApi();

  test.each(["", " ", "{", "[]", "null", "5", '"x"', '{"run_id":', "{}x", "\u0000", "<html>", '"{"'])(
    "refuses the body %j",
    async (body) => expectRefusal(await shared().send(path, { method: "POST", headers: json, body })),
  );

  test("refuses other content types, and none", async () => {
    const api = shared();
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/vnd.api+json",
      "APPLICATION/JSON",
    ]) {
      expectRefusal(await api.send(path, { method: "POST", headers: { "content-type": type }, body: "{}" }));
    }
    expectRefusal(await api.send(path, { method: "POST", body: new Uint8Array([123, 125]) }));
  });

  test("refuses a compressed body", async () => {
    const api = shared();
    const answer = await api.send(path, {
      method: "POST",
      headers: { ...json, "content-encoding": "gzip" },
      body: "{}",
    });
    expectRefusal(answer);
    expect(answer.body.message).toContain("must not be compressed");
  });

  test("survives values of every kind in every field", async () => {
    const api = shared();
    const names = [
      "run_id",
      "experiment_id",
      "experiment_ids",
      "name",
      "new_name",
      "key",
      "value",
      "timestamp",
      "step",
      "tags",
      "params",
      "metrics",
      "status",
      "filter",
      "order_by",
      "max_results",
      "page_token",
      "datasets",
      "models",
      "model_json",
      "artifact_location",
      "path",
      "run_view_type",
      "view_type",
      "start_time",
      "end_time",
      "user_id",
    ];
    const run = await api.run();
    const field = fc.oneof(fc.constantFrom(...names), fc.string());
    const value = fc.oneof(
      fc.jsonValue({ noUnicodeString: false }),
      fc.constantFrom(run, "0", "1; DROP TABLE runs", "' OR 1=1 --", "../../etc/passwd"),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value), async (body) => {
        const answer = await api.post(path, body);
        // Renaming a deleted experiment and presigned addresses of a local store are MLflow's own 5xx.
        expect([200, 400, 404]).toContain(answer.status);
        expect(answer.body).toBeTypeOf("object");
        expect(answer.text).not.toMatch(/sqlite|constraint failed|no such (table|column)/i);
      }),
      { numRuns: 40 },
    );
    expect((await api.get("runs/get", { run_id: run })).status).toBe(200);
  });
});

describe("GET", () => {
  const shared = withSharedApi();

  describe.each(gets)("%s", (path) => {
    test("survives any query", () =>
      fc.assert(
        fc.asyncProperty(
          fc.dictionary(
            fc.constantFrom(
              "run_id",
              "run_ids",
              "run_uuid",
              "experiment_id",
              "metric_key",
              "max_results",
              "page_token",
              "start_step",
              "end_step",
              "filter",
            ),
            fc.oneof(fc.string(), fc.constantFrom("-1", "1e9", "99999999999999999999", "'")),
            { maxKeys: 5 },
          ),
          async (query) => {
            const answer = await shared().get(path, query);
            expect([200, 400, 404]).toContain(answer.status);
            expect(answer.text).not.toMatch(/sqlite|constraint failed|no such (table|column)/i);
          },
        ),
        { numRuns: 40 },
      ));
  });
});

describe("the server", () => {
  test("reads a JSON string that holds JSON, a byte order mark, and the last of duplicate members", () =>
    withApi(async (api) => {
      const create = (body: string): Promise<{ status: number }> =>
        api.send("experiments/create", { method: "POST", headers: json, body });
      expect((await create(JSON.stringify('{"name": "twice"}'))).status).toBe(200);
      expect((await create('\ufeff{"name": "bom"}')).status).toBe(200);
      expect((await create('{"name": "first", "name": "second"}')).status).toBe(200);
      for (const [name, status] of [
        ["twice", 200],
        ["bom", 200],
        ["second", 200],
        ["first", 404],
      ]) {
        expect((await api.get("experiments/get-by-name", { experiment_name: String(name) })).status).toBe(status);
      }
    }));

  test("accepts a charset behind the content type", () =>
    withApi(async (api) => {
      const headers = { "content-type": "application/json; charset=utf-8" };
      expect((await api.send("experiments/create", { method: "POST", headers, body: '{"name": "a"}' })).status).toBe(
        200,
      );
    }));

  test.each([
    ["GET", "/api/2.0/mlflow/nothing", 404, "ENDPOINT_NOT_FOUND"],
    ["GET", "/index.html", 404, "ENDPOINT_NOT_FOUND"],
    ["POST", "/", 405, "BAD_REQUEST"],
    ["GET", "/api/2.0/mlflow/experiments/get/", 404, "ENDPOINT_NOT_FOUND"],
    ["GET", "/api/3.0/mlflow/runs/get", 404, "ENDPOINT_NOT_FOUND"],
    ["GET", "/api/2.0/preview/mlflow/experiments/get", 404, "ENDPOINT_NOT_FOUND"],
    ["GET", "/api/2.0/mlflow/runs/create", 405, "BAD_REQUEST"],
    ["PUT", "/api/2.0/mlflow/runs/log-metric", 405, "BAD_REQUEST"],
    ["POST", "/api/2.0/mlflow/webhooks", 501, "NOT_IMPLEMENTED"],
    ["GET", "/api/2.0/mlflow/logged-models/m-1", 404, "RESOURCE_DOES_NOT_EXIST"],
    ["POST", "/api/3.0/mlflow/traces", 501, "NOT_IMPLEMENTED"],
    ["POST", "/graphql", 501, "NOT_IMPLEMENTED"],
    ["POST", "/v1/traces", 501, "NOT_IMPLEMENTED"],
  ])("%s %s is a %d %s", (method, path, status, code) =>
    withApi(async (api) => {
      const answer = await api.send(path, { method });
      expect([answer.status, answer.body.error_code]).toEqual([status, code]);
    }),
  );

  test("tells allowed methods with 405 and to OPTIONS, and answers HEAD without a body", () =>
    withApi(async (api) => {
      expect((await api.send("runs/create", { method: "PUT" })).headers.get("allow")).toBe("OPTIONS, POST");
      const options = await api.send("runs/create", { method: "OPTIONS" });
      expect([options.status, options.headers.get("allow")]).toEqual([204, "OPTIONS, POST"]);
      const head = await api.send("experiments/get?experiment_id=0", { method: "HEAD" });
      expect([head.status, head.text]).toEqual([400, ""]);
    }));

  test("serves the twin of a path under /ajax-api", () =>
    withApi(async (api) => {
      expect((await api.get("/ajax-api/2.0/mlflow/experiments/get", { experiment_id: "0" })).status).toBe(200);
    }));

  test("refuses a workspace, as a server without workspaces does", () =>
    withApi(async (api) => {
      const answer = await api.send("experiments/get?experiment_id=0", { headers: { "x-mlflow-workspace": "a" } });
      expect([answer.status, answer.body.error_code]).toEqual([500, "FEATURE_DISABLED"]);
    }));

  test("answers 413 to a body above its limit, with and without a promised length", async () => {
    const database = await memoryDatabase();
    const server = assembleServer({ database, maxBody: 1000 }, current);
    const api: Api = await testApi({ fetch: server.fetch, close: () => database.close() });
    const body = JSON.stringify({ name: "x".repeat(2000) });
    for (const headers of [json, { ...json, "content-length": String(body.length) }]) {
      const answer = await api.send("experiments/create", { method: "POST", headers, body });
      expect([answer.status, answer.body.error_code]).toEqual([413, "BAD_REQUEST"]);
      expect(answer.body.message).toContain("at most 1000 bytes");
    }
    expect((await api.post("experiments/create", { name: "small" })).status).toBe(200);
    api.close();
  });

  test("stops reading a body of 100 MB at 32 MiB", () =>
    withApi(async (api) => {
      let read = 0;
      const chunk = new Uint8Array(1024 * 1024).fill(32);
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
        {
          pull(controller) {
            if (read++ < 100) controller.enqueue(chunk);
            else controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const request = new Request("http://localhost/api/2.0/mlflow/runs/log-batch", {
        method: "POST",
        headers: json,
        body,
        duplex: "half",
      } as RequestInit);
      const response = await api.fetch(request);
      expect(response.status).toBe(413);
      expect(read).toBeLessThan(40);
    }));

  test("answers its own failure as a bare 500 and tells onError", async () => {
    const database = await memoryDatabase();
    const told: unknown[] = [];
    const { fetch } = assembleServer({ database, onError: (error) => told.push(error) }, current);
    database.exec("PRAGMA foreign_keys = OFF; DROP TABLE latest_metrics");
    const response = await fetch(
      new Request("http://localhost/api/2.0/mlflow/runs/search", {
        method: "POST",
        headers: json,
        body: '{"experiment_ids": ["0"], "filter": "metrics.a > 1"}',
      }),
    );
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain("INTERNAL_ERROR");
    expect(text).not.toMatch(/latest_metrics|sqlite/i);
    expect(String(told[0])).toContain("latest_metrics");
    database.close();
  });
});
