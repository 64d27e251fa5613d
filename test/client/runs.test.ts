import { describe, expect, test } from "vitest";
import { RunsResource } from "../../src/client/runs.ts";
import { ValidationError } from "../../src/errors/index.ts";
import { fakeServer, json, page, rejection } from "./support/fake-server.ts";
import { recordedBareRun, recordedRun, runId } from "./support/recorded.ts";
import { sent } from "./support/sent.ts";

const api = "/api/2.0/mlflow";

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
    expect(() => new RunsResource(transport).search({ experimentIds: [], view: "toString" as "all" })).toThrow(
      TypeError,
    );
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
    [
      "a value that is no number",
      { runId, metrics: [{ key: "m", value: "1" as unknown as number, timestamp: 1, step: 1 }] },
    ],
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
