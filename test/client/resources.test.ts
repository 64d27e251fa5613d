import { describe, expect, test } from "vitest";
import { ExperimentsResource } from "../../src/client/experiments.ts";
import { MetricsResource } from "../../src/client/metrics.ts";
import { RunsResource } from "../../src/client/runs.ts";
import { ServerResource } from "../../src/client/server.ts";
import { NotFoundError, UnexpectedReplyError, ValidationError } from "../../src/errors/index.ts";
import { type FakeServer, fakeServer, json, page, refusal, rejection } from "./support/fake-server.ts";
import {
  loginPage,
  recordedBareRun,
  recordedExperiment,
  recordedRun,
  recordedServerInfo,
  runId,
} from "./support/recorded.ts";

const api = "/api/2.0/mlflow";

/** The request that a call sent: method, path, and what it asks for. */
function sent({ seen }: FakeServer): unknown[] {
  const [{ method, path, query, text } = { method: "", path: "", query: {}, text: "" }] = seen;
  return [method, path, text === "" ? query : JSON.parse(text)];
}

describe("ExperimentsResource", () => {
  test("create() sends name, location and tags and gives the id", async () => {
    const server = fakeServer([json({ experiment_id: "7" })]);
    const experiment = { name: "digits", artifactLocation: "mlflow-artifacts:/x", tags: { team: "a" } };
    expect(await new ExperimentsResource(server.transport).create(experiment)).toBe("7");
    const body = { name: "digits", artifact_location: "mlflow-artifacts:/x", tags: [{ key: "team", value: "a" }] };
    expect(sent(server)).toEqual(["POST", `${api}/experiments/create`, body]);
  });

  test("get() reads an experiment", async () => {
    const server = fakeServer([json(recordedExperiment)]);
    expect(await new ExperimentsResource(server.transport).get("12")).toStrictEqual({
      experimentId: "12",
      name: "digits",
      artifactLocation: "mlflow-artifacts:/12",
      lifecycleStage: "active",
      creationTime: 1700000000001,
      lastUpdateTime: 1700000000002,
      tags: { team: "x" },
    });
    expect(sent(server)).toEqual(["GET", `${api}/experiments/get`, { experiment_id: "12" }]);
  });

  test("getByName() gives undefined where there is none", async () => {
    const server = fakeServer([refusal(404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name 'ä&b'")]);
    expect(await new ExperimentsResource(server.transport).getByName("ä&b")).toBeUndefined();
    expect(sent(server)).toEqual(["GET", `${api}/experiments/get-by-name`, { experiment_name: "ä&b" }]);
  });

  test("getByName() does not take any other 404 for an answer", async () => {
    const { transport } = fakeServer([page("<html><title>404 Not Found</title></html>", 404)]);
    expect(await rejection(new ExperimentsResource(transport).getByName("x"))).toBeInstanceOf(NotFoundError);
  });

  test("search() always sends max_results", async () => {
    const server = fakeServer([json({ experiments: [(recordedExperiment as { experiment: object }).experiment] })]);
    const { items } = await new ExperimentsResource(server.transport).search({ view: "deleted", orderBy: "name ASC" });
    expect(items).toHaveLength(1);
    const body = { view_type: "DELETED_ONLY", order_by: ["name ASC"], max_results: 1000 };
    expect(sent(server)).toEqual(["POST", `${api}/experiments/search`, body]);
  });

  test.each<[string, (experiments: ExperimentsResource) => Promise<void>, object]>([
    ["update", (experiments) => experiments.update("1", { name: "n" }), { experiment_id: "1", new_name: "n" }],
    ["delete", (experiments) => experiments.delete("1"), { experiment_id: "1" }],
    ["restore", (experiments) => experiments.restore("1"), { experiment_id: "1" }],
    [
      "set-experiment-tag",
      (experiments) => experiments.setTag("1", "k", "v"),
      { experiment_id: "1", key: "k", value: "v" },
    ],
    ["delete-experiment-tag", (experiments) => experiments.deleteTag("1", "k"), { experiment_id: "1", key: "k" }],
  ])("posts %s", async (action, call, body) => {
    const server = fakeServer([json("{}")]);
    await call(new ExperimentsResource(server.transport));
    expect(sent(server)).toEqual(["POST", `${api}/experiments/${action}`, body]);
  });
});

describe("RunsResource", () => {
  test("create() sends the time of the clock where none is given", async () => {
    const server = fakeServer([json(recordedBareRun)]);
    const run = await new RunsResource(server.transport).create({ experimentId: "12" });
    expect(run.info).toMatchObject({ runId, startTime: 0, endTime: undefined, status: "RUNNING", userId: "" });
    expect(run.data).toStrictEqual({
      metrics: {},
      latestMetrics: [],
      params: {},
      tags: { "mlflow.runName": "bright-owl-1" },
    });
    expect(run.inputs).toStrictEqual({ datasets: [], models: [] });
    expect(sent(server)).toEqual(["POST", `${api}/runs/create`, { experiment_id: "12", start_time: 1700000000000 }]);
  });

  test("create() sends all it is given", async () => {
    const server = fakeServer([json(recordedRun)]);
    const run = { experimentId: "12", name: "first", startTime: 5, tags: { a: "1" }, user: "me" };
    await new RunsResource(server.transport).create(run);
    expect(sent(server)[2]).toEqual({
      experiment_id: "12",
      run_name: "first",
      start_time: 5,
      tags: [{ key: "a", value: "1" }],
      user_id: "me",
    });
  });

  test("get() reads a run with NaN, datasets, models and a tag named __proto__", async () => {
    const server = fakeServer([json(recordedRun)]);
    const run = await new RunsResource(server.transport).get(runId);
    expect(run.info).toStrictEqual({
      runId,
      experimentId: "12",
      runName: "first",
      userId: "me",
      status: "FINISHED",
      startTime: 1700000000000,
      endTime: 1700000005000,
      artifactUri: `mlflow-artifacts:/12/${runId}/artifacts`,
      lifecycleStage: "active",
    });
    expect(run.data.metrics).toEqual({ loss: 0.25, nan: Number.NaN, inf: Number.MAX_VALUE });
    expect(run.data.latestMetrics[2]).toStrictEqual({
      key: "inf",
      value: Number.MAX_VALUE,
      timestamp: 1700000000001,
      step: -4,
    });
    expect(Object.entries(run.data.tags)).toEqual([
      ["mlflow.runName", "first"],
      ["__proto__", "plain"],
    ]);
    expect(run.inputs).toStrictEqual({
      datasets: [
        {
          dataset: {
            name: "iris",
            digest: "d1",
            sourceType: "local",
            source: "iris.csv",
            schema: "{}",
            profile: undefined,
          },
          tags: { "mlflow.data.context": "training" },
        },
      ],
      models: ["m-1"],
    });
  });

  test("search() sends experiments, filter, view and order", async () => {
    const server = fakeServer([json({ runs: [(recordedRun as { run: object }).run], next_page_token: "t" })]);
    const query = { experimentIds: ["1", "2"], filter: "metrics.a > 1", view: "all", orderBy: ["a", "b"] } as const;
    const { items, nextPageToken } = await new RunsResource(server.transport).search({ ...query, maxResults: 5 });
    expect(items[0]?.info.runName).toBe("first");
    expect(nextPageToken).toBe("t");
    expect(sent(server)).toEqual([
      "POST",
      `${api}/runs/search`,
      {
        experiment_ids: ["1", "2"],
        filter: "metrics.a > 1",
        run_view_type: "ALL",
        order_by: ["a", "b"],
        max_results: 5,
      },
    ]);
  });

  test("search() refuses an unknown view, which MLflow would take for active", () => {
    const { transport } = fakeServer([]);
    expect(() => new RunsResource(transport).search({ experimentIds: [], view: "ALL" as "all" })).toThrow(TypeError);
    expect(() => new RunsResource(transport).search({ experimentIds: [], view: "toString" as "all" })).toThrow(TypeError);
  });

  test("update() sends what changes and reads the run's facts", async () => {
    const server = fakeServer([json({ run_info: (recordedRun as { run: { info: object } }).run.info })]);
    const info = await new RunsResource(server.transport).update(runId, { status: "FINISHED", endTime: 9 });
    expect(info.status).toBe("FINISHED");
    expect(sent(server)).toEqual(["POST", `${api}/runs/update`, { run_id: runId, status: "FINISHED", end_time: 9 }]);
  });

  test.each<[string, (runs: RunsResource) => Promise<void>, object]>([
    ["delete", (runs) => runs.delete("r"), { run_id: "r" }],
    ["restore", (runs) => runs.restore("r"), { run_id: "r" }],
    ["set-tag", (runs) => runs.setTag("r", "k", "v"), { run_id: "r", key: "k", value: "v" }],
    ["delete-tag", (runs) => runs.deleteTag("r", "k"), { run_id: "r", key: "k" }],
    ["log-parameter", (runs) => runs.logParam("r", "k", "v"), { run_id: "r", key: "k", value: "v" }],
    [
      "log-metric",
      (runs) => runs.logMetric("r", { key: "k", value: Number.NEGATIVE_INFINITY, timestamp: 5, step: -1 }),
      { run_id: "r", key: "k", value: "-Infinity", timestamp: 5, step: -1 },
    ],
    [
      "log-inputs",
      (runs) =>
        runs.logInputs("r", [
          {
            dataset: { name: "n", digest: "d", sourceType: "t", source: "s", schema: undefined, profile: "p" },
            tags: { "mlflow.data.context": "eval" },
          },
        ]),
      {
        run_id: "r",
        datasets: [
          {
            tags: [{ key: "mlflow.data.context", value: "eval" }],
            dataset: { name: "n", digest: "d", source_type: "t", source: "s", profile: "p" },
          },
        ],
      },
    ],
  ])("posts %s", async (action, call, body) => {
    const server = fakeServer([json("{}")]);
    await call(new RunsResource(server.transport));
    expect(sent(server)).toEqual(["POST", `${api}/runs/${action}`, body]);
  });

  test("logBatch() writes numbers that JSON has no word for as MLflow reads them", async () => {
    const server = fakeServer([json("{}")]);
    const values = [Number.NaN, Number.POSITIVE_INFINITY, -0, 5e-324, 1e21];
    const metrics = values.map((value, step) => ({ key: "m", value, timestamp: 1, step }));
    const params = [{ key: "p", value: "1" }];
    const tags = [{ key: "t", value: "" }];
    await new RunsResource(server.transport).logBatch({ runId, metrics, params, tags });
    expect(sent(server)).toEqual([
      "POST",
      `${api}/runs/log-batch`,
      {
        run_id: runId,
        metrics: ["NaN", "Infinity", 0, 5e-324, 1e21].map((value, step) => ({ key: "m", value, timestamp: 1, step })),
        params,
        tags,
      },
    ]);
  });

  test.each<[string, Parameters<RunsResource["logBatch"]>[0]]>([
    ["a fraction in a step", { runId, metrics: [{ key: "m", value: 1, timestamp: 1, step: 1.5 }] }],
    ["a step beyond 2^53", { runId, metrics: [{ key: "m", value: 1, timestamp: 1, step: 2 ** 53 }] }],
    ["a negative timestamp", { runId, metrics: [{ key: "m", value: 1, timestamp: -1, step: 1 }] }],
    ["a value that is no number", { runId, metrics: [{ key: "m", value: "1" as unknown as number, timestamp: 1, step: 1 }] }],
    ["an illegal metric key", { runId, metrics: [{ key: "m@", value: 1, timestamp: 1, step: 1 }] }],
    ["an illegal param key", { runId, params: [{ key: "../p", value: "1" }] }],
    ["a numeric param", { runId, params: [{ key: "p", value: 1 as unknown as string }] }],
    ["an empty tag key", { runId, tags: [{ key: "", value: "1" }] }],
    ["101 params", { runId, params: Array.from({ length: 101 }, (_, i) => ({ key: `p${i}`, value: "" })) }],
    ["101 tags", { runId, tags: Array.from({ length: 101 }, (_, i) => ({ key: `t${i}`, value: "" })) }],
    [
      "1,001 in all",
      {
        runId,
        metrics: Array.from({ length: 1000 }, (_, step) => ({ key: "m", value: 1, timestamp: 1, step })),
        tags: [{ key: "t", value: "" }],
      },
    ],
  ])("logBatch() sends nothing of a batch with %s", async (_name, batch) => {
    const { transport, seen } = fakeServer([]);
    expect(await rejection(new RunsResource(transport).logBatch(batch))).toBeInstanceOf(ValidationError);
    expect(seen).toHaveLength(0);
  });

  test("logBatchBody() sends text and bytes as they are", async () => {
    const body = `{"run_id":"${runId}"}`;
    const { transport, seen } = fakeServer([json("{}"), json("{}")]);
    const runs = new RunsResource(transport);
    await runs.logBatchBody(body);
    await runs.logBatchBody(new TextEncoder().encode(body));
    expect(seen.map(({ text, headers }) => [text, headers.get("content-type")])).toEqual([
      [body, "application/json"],
      [body, "application/json"],
    ]);
  });

  test("deleteTag() is not tried again, so that no lost answer turns into a 404", async () => {
    const { transport, seen } = fakeServer([page("", 503)]);
    await rejection(new RunsResource(transport).deleteTag(runId, "k"));
    expect(seen).toHaveLength(1);
  });
});

describe("MetricsResource", () => {
  test("history() always sends max_results and reads text for numbers", async () => {
    const server = fakeServer([
      json({
        metrics: [
          { key: "val/loss", value: "-Infinity", timestamp: "1700000000000", step: 0 },
          { key: "val/loss", value: "NaN" },
        ],
      }),
    ]);
    const points = await new MetricsResource(server.transport).history({ runId, key: "val/loss" }).all();
    expect(points).toEqual([
      { key: "val/loss", value: Number.NEGATIVE_INFINITY, timestamp: 1700000000000, step: 0 },
      { key: "val/loss", value: Number.NaN, timestamp: 0, step: 0 },
    ]);
    const query = { run_id: runId, metric_key: "val/loss", max_results: "25000" };
    expect(sent(server)).toEqual(["GET", `${api}/metrics/get-history`, query]);
  });

  test.each(["soon", "", null, true, {}])("history() refuses %j as a value", async (value) => {
    const { transport } = fakeServer([json({ metrics: [{ key: "a", value, timestamp: 1, step: 0 }] })]);
    const read = new MetricsResource(transport).history({ runId, key: "a" }, { retry: false });
    expect(await rejection(read)).toBeInstanceOf(UnexpectedReplyError);
  });
});

describe("ServerResource", () => {
  test("version() reads the bare text, whatever its label", async () => {
    const server = fakeServer([page("3.17.2")]);
    expect(await new ServerResource(server.transport).version()).toBe("3.17.2");
    expect(sent(server)).toEqual(["GET", "/version", {}]);
  });

  test.each([loginPage, "", "x".repeat(1000)])("version() refuses %j", async (text) => {
    const { transport } = fakeServer([page(text)]);
    expect(await rejection(new ServerResource(transport).version())).toBeInstanceOf(UnexpectedReplyError);
  });

  test("health() is true only for MLflow's own word", async () => {
    const { transport } = fakeServer([page("OK", 200, "text/plain"), page(loginPage)]);
    const server = new ServerResource(transport);
    expect(await server.health()).toBe(true);
    expect(await server.health()).toBe(false);
  });

  test("info() is undefined before MLflow 3", async () => {
    const { transport } = fakeServer([json(recordedServerInfo), page("<html><title>404</title></html>", 404)]);
    const server = new ServerResource(transport);
    expect(await server.info()).toStrictEqual({
      storeType: "SqlStore",
      workspacesEnabled: false,
      multipartUploadsEnabled: false,
      multipartDownloadsEnabled: false,
    });
    expect(await server.info()).toBeUndefined();
  });
});
