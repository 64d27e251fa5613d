import { describe, expect, test } from "vitest";
import { DatasetsResource } from "../../src/client/datasets.ts";
import { LoggedModelsResource } from "../../src/client/logged-models.ts";
import { RunsResource } from "../../src/client/runs.ts";
import { ValidationError } from "../../src/errors/index.ts";
import { fakeServer, json, rejection } from "./support/fake-server.ts";
import { runId } from "./support/recorded.ts";
import { sent } from "./support/sent.ts";

const root = "/api/2.0/mlflow/logged-models";
const info = { model_id: "m-1", experiment_id: "2", artifact_uri: "mlflow-artifacts:/2/models/m-1/artifacts" };

describe("LoggedModelsResource", () => {
  test("get() reads what the server leaves out, and figures of every kind", async () => {
    const metrics = [{ key: "acc", value: "NaN", timestamp: "7", step: 1, run_id: runId, dataset_name: "iris" }];
    const tags = [{ key: "__proto__", value: "x" }, { key: "empty" }];
    const server = fakeServer([
      json({ model: { info } }),
      json({ model: { info: { ...info, tags }, data: { metrics } } }),
    ]);
    const models = new LoggedModelsResource(server.transport);
    expect(await models.get("m-1")).toStrictEqual({
      modelId: "m-1",
      experimentId: "2",
      name: "",
      modelType: "",
      sourceRunId: undefined,
      status: "UNSPECIFIED",
      statusMessage: undefined,
      artifactUri: info.artifact_uri,
      creationTime: 0,
      lastUpdateTime: 0,
      tags: {},
      params: {},
      metrics: [],
    });
    const second = await models.get("m-1", { deleted: true });
    expect(server.seen[1]?.query).toEqual({ allow_deleted: "true" });
    expect(Object.entries(second.tags)).toEqual([
      ["__proto__", "x"],
      ["empty", ""],
    ]);
    expect(second.metrics).toStrictEqual([
      { key: "acc", value: NaN, timestamp: 7, step: 1, runId, datasetName: "iris", datasetDigest: undefined },
    ]);
  });

  test("search() sends orders as objects, from texts too, and datasets by name and digest", async () => {
    const server = fakeServer([json({ models: [{ info }], next_page_token: "t" }), json({})]);
    const found = await new LoggedModelsResource(server.transport)
      .search({
        experimentIds: ["2"],
        filter: "name = 'net'",
        orderBy: ["metrics.val acc desc", "name", { field: "metrics.a", ascending: false, datasetName: "iris" }],
        datasets: [{ name: "iris", digest: "d" }],
      })
      .all();
    expect(found.map(({ modelId }) => modelId)).toEqual(["m-1"]);
    expect(JSON.parse(server.seen[0]!.text)).toEqual({
      experiment_ids: ["2"],
      filter: "name = 'net'",
      order_by: [
        { field_name: "metrics.val acc", ascending: false },
        { field_name: "name", ascending: true },
        { field_name: "metrics.a", ascending: false, dataset_name: "iris" },
      ],
      datasets: [{ dataset_name: "iris", dataset_digest: "d" }],
    });
    expect(JSON.parse(server.seen[1]!.text).page_token).toBe("t");
  });

  test.each([undefined, null, "1", {}, { experimentIds: "1" }])(
    "search() refuses %j, which names no experiments",
    (query) => {
      const server = fakeServer([]);
      const call = (): unknown => new LoggedModelsResource(server.transport).search(query as never);
      expect(call).toThrow(ValidationError);
      expect(call).toThrow(
        'experimentIds must be a list of ids, as in search({ experimentIds: ["0"] }): current value is',
      );
      expect(server.seen).toEqual([]);
    },
  );

  test("sends the id in the body as well, and escapes what stands in addresses", async () => {
    const server = fakeServer([json({ model: { info } }), json({}), json({})]);
    const models = new LoggedModelsResource(server.transport);
    await models.finalize("m-1", "FAILED");
    expect(sent(server)).toEqual(["PATCH", `${root}/m-1`, { model_id: "m-1", status: "LOGGED_MODEL_UPLOAD_FAILED" }]);
    await models.logParams("m-1", { a: "1" });
    expect(JSON.parse(server.seen[1]!.text)).toEqual({ model_id: "m-1", params: [{ key: "a", value: "1" }] });
    await models.deleteTag("m/1?", "a b/c");
    expect(server.seen[2]!.path).toBe(`${root}/m%2F1%3F/tags/a%20b%2Fc`);
  });

  test.each(["ready", "", "LOGGED_MODEL_READY", "constructor", null])(
    "finalize() sends no status %j",
    async (status) => {
      const server = fakeServer([]);
      const models = new LoggedModelsResource(server.transport);
      expect(await rejection(models.finalize("m-1", status as never))).toBeInstanceOf(ValidationError);
    },
  );

  test.each(["", ".", "..", undefined])("asks for no model with the id %j", async (id) => {
    const models = new LoggedModelsResource(fakeServer([]).transport);
    expect(await rejection(models.get(id as never))).toBeInstanceOf(ValidationError);
  });

  test("uploadArtifact() asks for the place of a model unless it is told", async () => {
    const server = fakeServer([json({ model: { info } }), new Response(""), new Response("")]);
    const models = new LoggedModelsResource(server.transport);
    await models.uploadArtifact("m-1", "a b/w.bin", "12");
    await models.uploadArtifact("m-1", "w.bin", new Uint8Array(2), { artifactUri: info.artifact_uri });
    expect(server.seen.map(({ method, path }) => [method, path])).toEqual([
      ["GET", `${root}/m-1`],
      ["PUT", "/api/2.0/mlflow-artifacts/artifacts/2/models/m-1/artifacts/a%20b/w.bin"],
      ["PUT", "/api/2.0/mlflow-artifacts/artifacts/2/models/m-1/artifacts/w.bin"],
    ]);
    expect(await rejection(models.uploadArtifact("m-1", "../w.bin", "12"))).toBeInstanceOf(ValidationError);
  });
});

describe("RunsResource", () => {
  test("links models to runs, and metrics to models", async () => {
    const server = fakeServer([json({}), json({}), json({})]);
    const runs = new RunsResource(server.transport);
    await runs.logModelInputs(runId, ["m-1"]);
    await runs.logOutputs(runId, [{ modelId: "m-2", step: 3 }]);
    const point = {
      key: "acc",
      value: 1,
      timestamp: 7,
      step: 2,
      modelId: "m-2",
      datasetName: "iris",
      datasetDigest: "d",
    };
    await runs.logBatch({ runId, metrics: [point] });
    const bodies = server.seen.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(bodies).toMatchObject([
      { models: [{ model_id: "m-1" }] },
      { models: [{ model_id: "m-2", step: 3 }] },
      { metrics: [{ model_id: "m-2", dataset_name: "iris", dataset_digest: "d" }] },
    ]);
  });
});

describe("DatasetsResource", () => {
  test("search() asks the route of MLflow's page and reads contexts that are not there", async () => {
    const server = fakeServer([
      json({ dataset_summaries: [{ experiment_id: "2", name: "iris", digest: "d" }] }),
      json({}),
    ]);
    const datasets = new DatasetsResource(server.transport);
    expect(await datasets.search(["2"])).toStrictEqual([
      { experimentId: "2", name: "iris", digest: "d", context: undefined },
    ]);
    expect(server.seen[0]?.path).toBe("/ajax-api/2.0/mlflow/experiments/search-datasets");
    expect(await datasets.search(["2"])).toEqual([]);
  });
});
