import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, testApi } from "../support/api.ts";

let api: Api;
let experiment: string;
let run: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  api = await testApi();
  experiment = await api.experiment();
  run = await api.run(experiment);
  for (const [index, name] of ["one", "Two", "three"].entries()) {
    const made = await api.post("logged-models", {
      experiment_id: experiment,
      name,
      model_type: index === 0 ? "tfjs" : "",
      params: [{ key: "lr", value: `0.${index + 1}` }],
      tags: index === 2 ? [] : [{ key: "a b", value: `it's ${index}` }],
    });
    ids[name] = made.body.model.info.model_id;
    await api.post("runs/log-batch", {
      run_id: run,
      metrics: [1, 2].map((step) => ({
        key: "val/acc",
        value: step === 1 ? 0.9 : index / 10,
        timestamp: 1_700_000_000_000,
        step,
        model_id: ids[name],
        ...(step === 2 ? { dataset_name: "ds", dataset_digest: `d${index}` } : {}),
      })),
    });
  }
  expect((await patchReady(ids["one"]!)).status).toBe(200);
});

afterAll(() => api.close());

const patchReady = (id: string) =>
  api.send(`/api/2.0/mlflow/logged-models/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model_id: id, status: 2 }),
  });

const search = (fields: object) => api.post("logged-models/search", { experiment_ids: [experiment], ...fields });

async function names(fields: object): Promise<string[]> {
  const { body } = await search({ order_by: [{ field_name: "name" }], ...fields });
  expect(body.error_code).toBeUndefined();
  return (body.models ?? []).map((model: { info: { name: string } }) => model.info.name);
}

describe("logged-models/search", () => {
  test.each([
    ["name = 'one'", ["one"]],
    ["name = one", ["one"]],
    ['name = "one"', []],
    ["name = 5", []],
    ["attributes.name != 'one' AND name ILIKE 't%'", ["Two", "three"]],
    ["name IN ('one', 'three')", ["one", "three"]],
    ["name NOT IN ('one')", ["Two", "three"]],
    ["status = '2'", ["one"]],
    ["status = 'READY'", []],
    ["model_type = 'tfjs'", ["one"]],
    ["creation_timestamp > 5 AND attributes.last_updated_timestamp > 5", ["Two", "one", "three"]],
    ["metrics.`val/acc` > 0.8", ["Two", "one", "three"]],
    ["metrics.`val/acc` < 0.15", ["Two", "one"]],
    ["params.lr IN ('0.1', '0.3')", ["one", "three"]],
    ["params.lr LIKE '0.%' AND params.lr != '0.2'", ["one", "three"]],
    ["tags.`a b` != 'x'", ["Two", "one"]],
  ])("finds by %s", async (filter, expected) => {
    expect(await names({ filter })).toEqual(expected);
  });

  test.each([
    "metric.acc > 1",
    "param.lr = '1'",
    "tag.a = '1'",
    "attribute.name = 'x'",
    "foo = 'x'",
    "__proto__ = 'x'",
    "name > 'a'",
    "name IS NULL",
    "tags.a IS NULL",
    "metrics.acc > '1'",
    "metrics.acc LIKE '1'",
    "metrics.acc IN (1)",
    "name = 'one' OR name = 'Two'",
    "NOT name = 'one'",
    "name = 'one'; DROP TABLE logged_models",
    "name",
    " ",
  ])("refuses the filter %j and blames it", async (filter) => {
    const { status, body } = await search({ filter });
    expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
  });

  test("narrows metrics to datasets, in filters and orders", async () => {
    const filter = "metrics.`val/acc` >= 0";
    expect(await names({ filter, datasets: [{ dataset_name: "ds", dataset_digest: "d1" }] })).toEqual(["Two"]);
    expect(await names({ datasets: [{ dataset_name: "ds", dataset_digest: "d2" }] })).toEqual(["three"]);
    expect(await names({ filter, datasets: [{ dataset_name: "ds" }] })).toEqual([]);
    const on = { field_name: "metrics.val/acc", ascending: false };
    expect(await names({ order_by: [on] })).toEqual(["three", "Two", "one"]);
    expect((await names({ order_by: [{ ...on, dataset_name: "ds", dataset_digest: "d1" }] }))[0]).toBe("Two");
    expect((await search({ datasets: [{ dataset_digest: "d1" }] })).status).toBe(400);
  });

  test("pages by a token that belongs to its search", async () => {
    const order_by = [{ field_name: "name" }];
    const filter = "name != 'ö🎈'";
    const first = (await search({ max_results: 2, order_by, filter })).body;
    const rest = { order_by, filter, page_token: first.next_page_token };
    expect(first.models).toHaveLength(2);
    expect(await names({ max_results: 2, ...rest })).toEqual(["three"]);
    expect(await names({ max_results: 1, ...rest })).toEqual(["three"]);
    expect((await search({ max_results: 3, order_by })).body.next_page_token).toBeUndefined();
    for (const other of [
      { ...rest, filter: "name != 'y'" },
      { ...rest, order_by: [{ field_name: "name", ascending: false }] },
      { ...rest, experiment_ids: [experiment, "0"] },
      { ...rest, page_token: "zzz" },
      { ...rest, page_token: btoa('{"offset": -1}') },
      { ...rest, page_token: btoa("7") },
    ]) {
      expect((await search(other)).body.error_code).toBe("INVALID_PARAMETER_VALUE");
    }
  });

  test.each([
    [{ order_by: ["name"] }],
    [{ order_by: [{}] }],
    [{ order_by: [{ field_name: "bogus" }] }],
    [{ order_by: [{ field_name: "params.lr" }] }],
    [{ order_by: [{ field_name: "name", ascending: "down" }] }],
    [{ order_by: Array.from({ length: 51 }, () => ({ field_name: "name" })) }],
    [{ datasets: ["ds"] }],
    [{ max_results: -1 }],
    [{ max_results: 1.5 }],
    [{ experiment_ids: [] }],
    [{ experiment_ids: ["x"] }],
    [{ experiment_ids: "0" }],
  ])("refuses %j", async (fields) => {
    const { status, body } = await search(fields);
    expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
  });

  test("takes the most that it allows: 90 clauses, 50 orders, and many datasets", async () => {
    const filter = Array.from({ length: 90 }, (_, index) => `metrics.m${index} > 0`).join(" AND ");
    const order_by = Array.from({ length: 50 }, (_, index) => ({ field_name: `metrics.m${index}` }));
    const datasets = Array.from({ length: 500 }, (_, index) => ({ dataset_name: `d${index}` }));
    expect((await search({ filter, order_by, datasets, max_results: 1_000_000 })).body).toEqual({});
  });
});
