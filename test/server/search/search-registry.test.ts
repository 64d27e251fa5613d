import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, testApi } from "../support/api.ts";

let api: Api;
beforeAll(async () => {
  api = await testApi();
  const create = (name: string, tags: Record<string, string>) =>
    api.post("registered-models/create", { name, tags: Object.entries(tags).map(([key, value]) => ({ key, value })) });
  await create("alpha", { team: "it's", n: "1" });
  await create("Beta", { team: 'say "hi"' });
  await create("x'; DROP TABLE registered_models; --", { "odd key": "back\\slash" });
  await create("prompt", { "mlflow.prompt.is_prompt": "true" });
  for (const [source, i] of [
    ["s3://b/one", "0"],
    ["s3://b/Two", "1"],
    ["s3://c/three", "2"],
  ]) {
    await api.post("model-versions/create", { name: "alpha", source, tags: [{ key: "i", value: i }] });
  }
  await api.post("model-versions/create", {
    name: "prompt",
    source: "prompt-template",
    tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }],
  });
});
afterAll(() => api.close());

async function models(query: Record<string, string | string[]>): Promise<string[] | number> {
  const { status, body } = await api.get("registered-models/search", query);
  return status === 200 ? (body.registered_models ?? []).map(({ name }: { name: string }) => name) : status;
}

async function versions(query: Record<string, string | string[]>): Promise<string[] | number> {
  const { status, body } = await api.get("model-versions/search", query);
  return status === 200
    ? (body.model_versions ?? []).map((one: { name: string; version: string }) => `${one.name} ${one.version}`)
    : status;
}

const injection = "x'; DROP TABLE registered_models; --";

describe("registered-models/search", () => {
  test("filters by name and tag, whatever quotes they hold", async () => {
    expect(await models({})).toEqual(["Beta", "alpha", injection]);
    expect(await models({ filter: `name = "${injection}"` })).toEqual([injection]);
    expect(await models({ filter: 'tags.team = "it\'s"' })).toEqual(["alpha"]);
    expect(await models({ filter: "tags.team = 'say \"hi\"'" })).toEqual(["Beta"]);
    expect(await models({ filter: "tags.`odd key` = 'back\\slash'" })).toEqual([injection]);
    expect(await models({ filter: "name IN ('alpha', 'Beta') AND name != 'Beta'" })).toEqual(["alpha"]);
    expect(await models({ filter: "name NOT IN ('alpha')", order_by: "name DESC" })).toEqual([injection, "Beta"]);
    expect(await models({ filter: "name ILIKE 'B%' AND tags.team LIKE 'say%'" })).toEqual(["Beta"]);
  });

  test("shows prompts only to who asks for them", async () => {
    const tag = "tags.`mlflow.prompt.is_prompt`";
    for (const filter of [`${tag} = 'true'`, `${tag} != 'false'`]) expect(await models({ filter })).toEqual(["prompt"]);
    for (const filter of [
      `${tag} = 'false'`,
      `${tag} != 'true'`,
      `${tag} LIKE 'tr%'`,
      `name != 'x' AND ${tag} != 'true'`,
    ])
      expect(await models({ filter })).toEqual(["Beta", "alpha", injection]);
  });

  test("comes in pages, and a page of none has no token", async () => {
    const first = await api.get("registered-models/search", { max_results: 2 });
    expect(first.body.registered_models).toHaveLength(2);
    const token = first.body.next_page_token as string;
    expect(await models({ max_results: "2", page_token: token })).toEqual([injection]);
    expect((await api.get("registered-models/search", { max_results: 3 })).body.next_page_token).toBeUndefined();
    expect((await api.get("registered-models/search", { max_results: 0 })).body).toEqual({});
  });

  test.each([
    { filter: "version_number = 1" },
    { filter: "attributes.name = 'x'" },
    { filter: "metrics.a > 1" },
    { filter: "name > 'a'" },
    { filter: "name = alpha" },
    { filter: "tags.n IS NULL" },
    { filter: "tags.n IN ('1')" },
    { filter: "name = 'a' OR name = 'b'" },
    { filter: "name = 'a'; DROP TABLE registered_models" },
    { filter: "name = 'a' -- x" },
    { filter: "name = 'a' AND (1 = 1)" },
    { order_by: "creation_timestamp" },
    { order_by: "attribute.name" },
    { order_by: "name; DROP TABLE registered_models" },
    { max_results: "1001" },
    { max_results: "-1" },
    { max_results: "x" },
    { page_token: "abc" },
  ])("refuses %j", async (query) => {
    expect(await models(query as Record<string, string>)).toBe(400);
    expect(await models({})).toHaveLength(3);
  });
});

describe("model-versions/search", () => {
  test("filters by name, number, source, run and tag, newest first", async () => {
    const all = ["alpha 3", "alpha 2", "alpha 1"];
    expect(await versions({})).toEqual(all);
    expect(await versions({ filter: "version_number >= 2 AND name = 'alpha'" })).toEqual(["alpha 3", "alpha 2"]);
    expect(await versions({ filter: "version_number = ' 2 '" })).toEqual(["alpha 2"]);
    expect(await versions({ filter: "source_path LIKE 's3://b/t%'" })).toEqual([]);
    expect(await versions({ filter: "source_path ILIKE 's3://b/t%'" })).toEqual(["alpha 2"]);
    expect(await versions({ filter: "run_id = '' AND tags.i != '1'" })).toEqual(["alpha 3", "alpha 1"]);
    expect(await versions({ filter: "run_id IN ('x', '')", order_by: ["version_number ASC"] })).toEqual(
      all.toReversed(),
    );
    expect(await versions({ filter: "name = 'prompt'" })).toEqual([]);
    expect(await versions({ filter: "tags.`mlflow.prompt.is_prompt` = 'true'" })).toEqual(["prompt 1"]);
  });

  test.each([
    { filter: "version_number = 'two'" },
    { filter: "version_number = 1.5" },
    { filter: "version_number = '1.0'" },
    { filter: "version_number IN ('1')" },
    { filter: "version_number LIKE '1'" },
    { filter: "source_path IN ('x')" },
    { filter: "current_stage = 'None'" },
    { filter: "run_id = 5" },
    { order_by: "version" },
    { order_by: "tags.i" },
    { max_results: "0" },
    { max_results: "200001" },
  ])("refuses %j", async (query) => {
    expect(await versions(query as Record<string, string>)).toBe(400);
  });

  test("orders by one key once", async () => {
    const { status } = await api.get("model-versions/search", { order_by: ["name", "name DESC"] });
    expect(status).toBe(500); // MLflow's answer
  });
});
