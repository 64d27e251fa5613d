import { describe, expect, test } from "vitest";
import { createServer, memoryArtifacts } from "../../../src/server/index.ts";
import { type Answer, type Api, testApi, withApi } from "../support/api.ts";
import { memoryDatabase } from "../support/database.ts";

/** Registers a version of "m", which is made when it is not there. */
async function register(api: Api, fields: object): Promise<Answer> {
  await api.post("registered-models/create", { name: "m" });
  return api.post("model-versions/create", { name: "m", ...fields });
}

function remove(api: Api, version: string): ReturnType<Api["send"]> {
  const body = JSON.stringify({ name: "m", version });
  return api.send("model-versions/delete", { method: "DELETE", headers: { "content-type": "application/json" }, body });
}

describe("model versions", () => {
  test("a deleted version is gone with its aliases, and its number is never given again", () =>
    withApi(async (api) => {
      for (const version of ["1", "2"]) {
        expect((await register(api, { source: "s3://b/k" })).body.model_version.version).toBe(version);
      }
      for (const alias of ["a", "b"]) await api.post("registered-models/alias", { name: "m", alias, version: "2" });
      expect((await remove(api, "2")).body).toEqual({});
      expect((await api.get("registered-models/get", { name: "m" })).body.registered_model).toMatchObject({
        latest_versions: [{ version: "1" }],
      });
      expect((await api.get("registered-models/alias", { name: "m", alias: "a" })).status).toBe(400);
      expect((await remove(api, "2")).status).toBe(404);
      expect((await register(api, { source: "s3://b/k" })).body.model_version.version).toBe("3");
    }));

  test("transition-stage archives the others of that stage only when it is told to", () =>
    withApi(async (api) => {
      for (let version = 1; version <= 3; version++) await register(api, { source: "s3://b/k" });
      const stage = (version: string, archive?: boolean) =>
        api.post("model-versions/transition-stage", {
          name: "m",
          version,
          stage: "production",
          archive_existing_versions: archive,
        });
      const stages = async (): Promise<string[]> => {
        const found = await api.get("model-versions/search", { filter: "name = 'm'", order_by: "version_number" });
        return found.body.model_versions.map((one: { current_stage: string }) => one.current_stage);
      };
      await stage("1");
      await stage("2");
      expect(await stages()).toEqual(["Production", "Production", "None"]);
      await stage("3", true);
      expect(await stages()).toEqual(["Archived", "Archived", "Production"]);
    }));

  test("a version of a logged model takes the run and the files of that model, and is noted at it", async () => {
    const { api, modelId, runId, tag } = await withLoggedModel();
    const made = await register(api, { source: `models:/${modelId}`, model_id: modelId });
    expect(made.body.model_version).toMatchObject({ source: `models:/${modelId}`, run_id: runId });
    const uri = await api.get("model-versions/get-download-uri", { name: "m", version: "1" });
    expect(uri.body).toEqual({ artifact_uri: `mlflow-artifacts:/0/models/${modelId}/artifacts` });
    await register(api, { source: `mlflow-artifacts:/0/models/${modelId}/artifacts/x`, model_id: modelId });
    expect(tag()).toBe('[{"name": "m", "version": 1}, {"name": "m", "version": 2}]');
    api.close();
  });

  test("nothing is registered for a logged model that is not there", () =>
    withApi(async (api) => {
      const model_id = "m-00000000000000000000000000000000";
      for (const [source, status] of [
        ["s3://b/k", 404],
        [`models:/${model_id}`, 404],
        [`mlflow-artifacts:/0/models/${model_id}/artifacts`, 400],
      ]) {
        expect((await register(api, { source, model_id })).status).toBe(status);
      }
      expect((await api.get("model-versions/search")).body).toEqual({});
    }));

  test("a version of a version points to the same files and keeps its run", () =>
    withApi(async (api) => {
      const run = await api.run();
      await register(api, { source: `mlflow-artifacts:/0/${run}/artifacts/model`, run_id: run });
      await api.post("registered-models/alias", { name: "m", alias: "best", version: "1" });
      await api.post("registered-models/create", { name: "copy" });
      for (const source of ["models:/m/1", "models:/m@best", "models:/m/latest", "models:/m/none"]) {
        const made = await api.post("model-versions/create", { name: "copy", source });
        expect(made.body.model_version).toMatchObject({ source: "models:/m/1", run_id: run });
        const { version } = made.body.model_version;
        const uri = await api.get("model-versions/get-download-uri", { name: "copy", version });
        expect(uri.body.artifact_uri).toBe(`mlflow-artifacts:/0/${run}/artifacts/model`);
      }
      for (const [source, status] of [
        ["models:/m/2", 404],
        ["models:/none/1", 404],
        ["models:/m@none", 400],
        ["models:/m/Staging", 404],
        ["models:/m/1/x", 400],
        ["models://host/m/1", 400],
      ]) {
        expect([source, (await api.post("model-versions/create", { name: "copy", source })).status]).toEqual([
          source,
          status,
        ]);
      }
      const other = { name: "copy", source: "models:/m/1", run_id: "f".repeat(32) };
      expect((await api.post("model-versions/create", other)).status).toBe(400);
    }));

  test("a source that could lead out of its run is refused, however it is written", () =>
    withApi(async (api) => {
      const run = await api.run();
      const other = await api.run();
      const root = `mlflow-artifacts:/0/${run}/artifacts`;
      for (const source of [root, `${root}/m`, `${root}//m`, `runs:/${run}/m`]) {
        expect([source, (await register(api, { source, run_id: run })).status]).toEqual([source, 200]);
      }
      const many = `s3://b/%${"25".repeat(40)}2e%2e/x`;
      for (const source of [
        `${root}2/m`,
        `mlflow-artifacts:/0/${other}/artifacts`,
        `${root}/../../${other}/artifacts`,
        `${root}/%2e%2e/%2e%2e/${other}/artifacts`,
        `${root}/..%2f..%2f${other}`,
        `${root}/%252e%252e/x`,
        `${root}/a%00b`,
        `runs:/${other}/m`,
        `runs://${run}/m`,
        "runs:/",
        "/etc",
        "file:///etc/passwd",
        "file:///%zz",
        "../x",
        "",
        "s3://b/../x",
        "s3://b",
        many,
        "http://host/x",
        "https://host/api/2.0/mlflow-artifacts/artifacts/x",
        "mlflow-artifacts://host/0/x",
        "ftp://host/x",
        "abfss://f@account.dfs.core.windows.net/x",
        "models:/m-1",
      ]) {
        const answer = await register(api, { source, run_id: run });
        expect([source, answer.status, answer.body.error_code]).toEqual([source, 400, "INVALID_PARAMETER_VALUE"]);
      }
      expect((await register(api, { source: root })).status).toBe(400);
    }));

  test("a local store keeps a proxied source as its own folder and tells it as it was given", async () => {
    const api = await testApi({ artifactRoot: "/data/mlruns" });
    const run = await api.run();
    const source = `mlflow-artifacts:/0/${run}/artifacts/model`;
    for (const given of [
      source,
      `/data/mlruns/0/${run}/artifacts/model`,
      `file:///data/mlruns/0/${run}/artifacts/model`,
    ]) {
      const made = await register(api, { source: given, run_id: run });
      expect(made.body.model_version.source).toBe(source);
      const { version } = made.body.model_version;
      expect((await api.get("model-versions/get-download-uri", { name: "m", version })).body.artifact_uri).toBe(source);
    }
    const stored = { filter: `source_path = '/data/mlruns/0/${run}/artifacts/model'` };
    expect((await api.get("model-versions/search", stored)).body.model_versions).toHaveLength(3);
    for (const out of [
      "/data/mlruns/0",
      "/data/mlruns/../../etc",
      "file:///data/mlruns/0/x/%2e%2e/%2e%2e/y",
      "file:///%zz",
    ]) {
      expect([out, (await register(api, { source: out, run_id: run })).status]).toEqual([out, 400]);
    }
    api.close();
  });

  test("a prompt needs the source that MLflow gives it", () =>
    withApi(async (api) => {
      const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
      await api.post("registered-models/create", { name: "p", tags });
      const create = (source: string) => api.post("model-versions/create", { name: "p", source, tags });
      expect((await create("prompt-template")).status).toBe(200);
      expect((await create("s3://b/k")).status).toBe(400);
      expect((await register(api, { source: "models:/p/1" })).status).toBe(400);
    }));

  test.each([
    ["a name with a slash", { name: "a/b", source: "s3://b/k" }, 400],
    ["an unknown name", { name: "none", source: "s3://b/k" }, 404],
    ["no source", { source: undefined }, 400],
    ["a number as run", { source: "s3://b/k", run_id: 5 }, 400],
    ["tags that are no list", { source: "s3://b/k", tags: { a: "1" } }, 400],
    [
      "a tag value of 100,001 characters",
      { source: "s3://b/k", tags: [{ key: "a", value: "v".repeat(100_001) }] },
      400,
    ],
  ])("create refuses %s", (_, fields, status) =>
    withApi(async (api) => {
      expect((await register(api, fields)).status).toBe(status);
      expect((await api.get("model-versions/search")).body).toEqual({});
    }),
  );

  test("of two equal tag keys the last counts, and a version says whether it has a description", () =>
    withApi(async (api) => {
      const tags = ["1", "2"].map((value) => ({ key: "a", value }));
      const made = (await register(api, { source: "s3://b/k", tags })).body.model_version;
      expect(made).toMatchObject({ description: "", run_id: "", run_link: "", tags: [{ key: "a", value: "2" }] });
      const update = (fields: object) =>
        api.send("model-versions/update", {
          method: "PATCH",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ name: "m", version: "1", ...fields }),
        });
      expect((await update({ description: "new" })).body.model_version.description).toBe("new");
      expect((await update({})).body.model_version.description).toBeUndefined();
    }));
});

/** A server with a logged model of a run, written as MLflow writes it. */
async function withLoggedModel(): Promise<{ api: Api; modelId: string; runId: string; tag: () => unknown }> {
  const database = await memoryDatabase();
  const server = createServer({ database, artifacts: memoryArtifacts() });
  const api = await testApi({ fetch: server.fetch, close: () => database.close() });
  const runId = await api.run();
  const modelId = `m-${"a".repeat(32)}`;
  database
    .prepare(
      "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, " +
        "last_updated_timestamp_ms, status, lifecycle_stage, source_run_id) VALUES (?, 0, 'n', ?, 1, 1, 2, 'active', ?)",
    )
    .run(modelId, `mlflow-artifacts:/0/models/${modelId}/artifacts`, runId);
  const tag = (): unknown =>
    database.prepare("SELECT tag_value FROM logged_model_tags WHERE tag_key = 'mlflow.modelVersions'").get()?.[
      "tag_value"
    ];
  return { api, modelId, runId, tag };
}
