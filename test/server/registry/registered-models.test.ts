import { describe, expect, test } from "vitest";
import { type Api, withApi } from "../support/api.ts";

const base = "registered-models";
const s3 = "s3://bucket/model";

/** Makes a registered model with some versions. */
async function model(api: Api, name: string, versions = 0): Promise<void> {
  expect((await api.post(`${base}/create`, { name })).status).toBe(200);
  for (let made = 0; made < versions; made++) {
    expect((await api.post("model-versions/create", { name, source: s3 })).status).toBe(200);
  }
}

function send(api: Api, method: string, path: string, body: object): ReturnType<Api["send"]> {
  return api.send(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function get(api: Api, name: string): Promise<Record<string, unknown>> {
  return (await api.get(`${base}/get`, { name })).body.registered_model;
}

describe("registered models", () => {
  test("rename takes versions, tags and aliases along, and leaves nothing under the old name", () =>
    withApi(async (api) => {
      await model(api, "old", 2);
      await api.post(`${base}/set-tag`, { name: "old", key: "team", value: "a" });
      await api.post("model-versions/set-tag", { name: "old", version: "2", key: "n", value: "2" });
      await api.post(`${base}/alias`, { name: "old", alias: "champion", version: "1" });
      expect((await api.post(`${base}/rename`, { name: "old", new_name: "new" })).status).toBe(200);
      expect(await get(api, "new")).toMatchObject({
        tags: [{ key: "team", value: "a" }],
        aliases: [{ alias: "champion", version: "1" }],
        latest_versions: [{ name: "new", version: "2", tags: [{ key: "n", value: "2" }] }],
      });
      expect((await api.get(`${base}/get`, { name: "old" })).status).toBe(404);
      expect((await api.get("model-versions/search", { filter: "name = 'old'" })).body).toEqual({});
    }));

  test("rename to a taken name changes nothing and leaks no SQL", () =>
    withApi(async (api) => {
      await model(api, "a", 1);
      await model(api, "b");
      const { body } = await api.post(`${base}/rename`, { name: "a", new_name: "b" });
      expect(body.error_code).toBe("RESOURCE_ALREADY_EXISTS");
      expect(body.message).not.toMatch(/UNIQUE|SQL|UPDATE/);
      expect(await get(api, "a")).toMatchObject({ latest_versions: [{ version: "1" }] });
    }));

  test("delete takes all of it away, so that the name begins anew", () =>
    withApi(async (api) => {
      await model(api, "m", 2);
      await api.post("model-versions/set-tag", { name: "m", version: "1", key: "k", value: "v" });
      await api.post(`${base}/set-tag`, { name: "m", key: "k", value: "v" });
      await api.post(`${base}/alias`, { name: "m", alias: "a", version: "1" });
      expect((await send(api, "DELETE", `${base}/delete`, { name: "m" })).body).toEqual({});
      await model(api, "m", 1);
      const again = await get(api, "m");
      expect([again["tags"], again["aliases"]]).toEqual([undefined, undefined]);
      const version = await api.get("model-versions/get", { name: "m", version: "1" });
      expect([version.body.model_version.tags, version.body.model_version.aliases]).toEqual([undefined, undefined]);
    }));

  test("get tells the latest version of each stage, that of the earliest stage first", () =>
    withApi(async (api) => {
      await model(api, "m", 4);
      for (const [version, stage] of [
        ["2", "Production"],
        ["4", "production"],
        ["1", "Archived"],
      ]) {
        await api.post("model-versions/transition-stage", { name: "m", version, stage });
      }
      const found = (await get(api, "m"))["latest_versions"] as { version: string; current_stage: string }[];
      expect(found.map(({ version, current_stage }) => `${version} ${current_stage}`)).toEqual([
        "1 Archived",
        "4 Production",
        "3 None",
      ]);
      const some = await api.post(`${base}/get-latest-versions`, { name: "m", stages: ["none", "Staging"] });
      expect(some.body.model_versions.map((one: { version: string }) => one.version)).toEqual(["3"]);
    }));

  test("latest as an alias finds the newest version, and none in a model without versions", () =>
    withApi(async (api) => {
      await model(api, "m", 3);
      await model(api, "empty");
      await api.post(`${base}/alias`, { name: "m", alias: "best", version: "3" });
      await api.post("model-versions/transition-stage", { name: "m", version: "1", stage: "Production" });
      const latest = await api.get(`${base}/alias`, { name: "m", alias: "LATEST" });
      expect(latest.body.model_version).toMatchObject({ version: "3", aliases: ["best"] });
      expect((await api.get(`${base}/alias`, { name: "empty", alias: "latest" })).status).toBe(404);
    }));

  test.each([
    ["a slash", "a/b"],
    ["a colon", "a:b"],
    ["only spaces", " \t"],
    ["a dot", "."],
    ["two dots in front", "..a"],
    ["a number", 5],
    ["a list", ["a"]],
    ["nothing", undefined],
  ])("create refuses %s as a name", (_, name) =>
    withApi(async (api) => {
      const answer = await api.post(`${base}/create`, { name });
      expect([answer.status, answer.body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }),
  );

  test.each([
    "latest",
    "Latest",
    "v1",
    "V22",
    "a b",
    "a.b",
    "a@b",
    "a/b",
    "",
    "a".repeat(256),
    "a'; DROP TABLE registered_models; --",
  ])("alias refuses %j and keeps the aliases that are there", (alias) =>
    withApi(async (api) => {
      await model(api, "m", 1);
      await api.post(`${base}/alias`, { name: "m", alias: "v1a", version: "1" });
      const answer = await api.post(`${base}/alias`, { name: "m", alias, version: "1" });
      expect([answer.status, answer.body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
      expect((await get(api, "m"))["aliases"]).toEqual([{ alias: "v1a", version: "1" }]);
    }),
  );

  test.each([
    [1, 400],
    ["1.0", 400],
    ["one", 400],
    ["1; DROP TABLE model_versions", 400],
    ["", 400],
    ["2", 404],
    ["-1", 404],
    ["9".repeat(400), 404],
    [" 01 ", 200],
  ])("alias answers for the version %j with %d", (version, status) =>
    withApi(async (api) => {
      await model(api, "m", 1);
      expect((await api.post(`${base}/alias`, { name: "m", alias: "a", version })).status).toBe(status);
    }),
  );

  test("names of any other characters are kept to the letter, and a long one is cut in errors only", () =>
    withApi(async (api) => {
      const names = [
        "it's",
        'say "hi"',
        "x'; DROP TABLE registered_models; --",
        "%_",
        "ä 🎉",
        "a\\b",
        "__proto__",
        "n".repeat(5000),
      ];
      for (const name of names) await model(api, name, 1);
      for (const name of names) {
        expect(await get(api, name)).toMatchObject({ name, latest_versions: [{ name, version: "1" }] });
      }
      const unknown = await api.get(`${base}/get`, { name: "u".repeat(5000) });
      expect([unknown.status, unknown.body.message.length < 500]).toEqual([404, true]);
    }));

  test("a tag is set anew, deleted twice, and refused when it is too long or ill named", () =>
    withApi(async (api) => {
      await model(api, "m");
      for (const value of ["1", "2"]) await api.post(`${base}/set-tag`, { name: "m", key: "k", value });
      expect((await get(api, "m"))["tags"]).toEqual([{ key: "k", value: "2" }]);
      for (const status of [200, 200]) {
        expect((await send(api, "DELETE", `${base}/delete-tag`, { name: "m", key: "k" })).status).toBe(status);
      }
      for (const bad of [
        { key: "k".repeat(251) },
        { key: "a@" },
        { key: "" },
        { key: "k", value: "v".repeat(100_001) },
      ]) {
        expect((await api.post(`${base}/set-tag`, { name: "m", value: "v", ...bad })).status).toBe(400);
      }
      expect((await get(api, "m"))["tags"]).toBeUndefined();
    }));
});
