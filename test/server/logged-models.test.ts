import { describe, expect, test } from "vitest";
import { type Api, withApi } from "./support/api.ts";

const base = "/api/2.0/mlflow/logged-models";
const json = { "content-type": "application/json" };

async function create(api: Api, fields: object = {}): Promise<string> {
  const made = await api.post("logged-models", { experiment_id: "0", name: "net", ...fields });
  expect(made.status).toBe(200);
  return made.body.model.info.model_id;
}

const patch = (api: Api, path: string, body: object) =>
  api.send(`${base}/${path}`, { method: "PATCH", headers: json, body: JSON.stringify(body) });
const remove = (api: Api, path: string) => api.send(`${base}/${path}`, { method: "DELETE" });

describe("logged-models", () => {
  test("keeps what a model was made with, and its id is MLflow's", () =>
    withApi(async (api) => {
      const run = await api.run();
      const params = [{ key: "lr", value: "0.1" }];
      const tags = [{ key: "stage", value: "" }];
      const id = await create(api, { model_type: "tfjs", source_run_id: run, params, tags });
      expect(id).toMatch(/^m-[0-9a-f]{32}$/);
      const { info, data } = (await api.get(`logged-models/${id}`)).body.model;
      expect(data).toEqual({ params });
      expect(info).toMatchObject({
        experiment_id: "0",
        name: "net",
        model_type: "tfjs",
        source_run_id: run,
        tags,
        status: "LOGGED_MODEL_PENDING",
        artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
      });
    }));

  test.each(["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b", 5, ["a"]])("refuses the name %j and makes nothing", (name) =>
    withApi(async (api) => {
      expect((await api.post("logged-models", { experiment_id: "0", name })).body.error_code).toBe(
        "INVALID_PARAMETER_VALUE",
      );
      expect((await api.post("logged-models/search", { experiment_ids: ["0"] })).body).toEqual({});
    }),
  );

  test("makes nothing when two params have one key, or the experiment is deleted or unknown", () =>
    withApi(async (api) => {
      const experiment = await api.experiment();
      const twice = [
        { key: "a", value: "1" },
        { key: "a", value: "1" },
      ];
      const refused = await api.post("logged-models", { experiment_id: experiment, params: twice });
      expect([refused.status, refused.body.error_code]).toEqual([400, "BAD_REQUEST"]);
      expect((await api.post("logged-models/search", { experiment_ids: [experiment] })).body).toEqual({});
      await api.post("experiments/delete", { experiment_id: experiment });
      expect((await api.post("logged-models", { experiment_id: experiment })).status).toBe(400);
      expect((await api.post("logged-models", { experiment_id: "77" })).status).toBe(404);
    }));

  test("writes params once, all of a request or none", () =>
    withApi(async (api) => {
      const id = await create(api, { params: [{ key: "a", value: "1" }] });
      const send = (params: object[]) => api.post(`logged-models/${id}/params`, { model_id: id, params });
      expect((await send([{ key: "b", value: "2" }])).body).toEqual({});
      const refused = await send([
        { key: "c", value: "3" },
        { key: "b", value: "2" },
      ]);
      expect(refused.body.error_code).toBe("BAD_REQUEST");
      const params = (await api.get(`logged-models/${id}`)).body.model.data.params as { key: string }[];
      expect(params.map(({ key }) => key).sort()).toEqual(["a", "b"]);
    }));

  test("sets and deletes tags, whose keys may hold any character", () =>
    withApi(async (api) => {
      const id = await create(api);
      const key = "a/b c%ü";
      expect((await patch(api, `${id}/tags`, { tags: [{ key, value: "1" }] })).body).toEqual({});
      await patch(api, `${id}/tags`, { tags: [{ key, value: "2" }] });
      expect((await api.get(`logged-models/${id}`)).body.model.info.tags).toEqual([{ key, value: "2" }]);
      expect((await remove(api, `${id}/tags/${encodeURIComponent(key)}`)).body).toEqual({});
      expect((await remove(api, `${id}/tags/${encodeURIComponent(key)}`)).status).toBe(404);
    }));

  test.each([
    ["LOGGED_MODEL_READY", "LOGGED_MODEL_READY"],
    [3, "LOGGED_MODEL_UPLOAD_FAILED"],
    ["2", "LOGGED_MODEL_READY"],
  ])("finalises with the status %j", (status, stored) =>
    withApi(async (api) => {
      const id = await create(api);
      expect((await patch(api, id, { model_id: id, status })).body.model.info.status).toBe(stored);
    }),
  );

  test.each(["READY", "ready", 9, -1, 1.5, {}, null, undefined])(
    "leaves a model as it is for the status %j",
    (status) =>
      withApi(async (api) => {
        const id = await create(api);
        expect((await patch(api, id, { model_id: id, status })).body.error_code).toBe("INVALID_PARAMETER_VALUE");
        expect((await api.get(`logged-models/${id}`)).body.model.info.status).toBe("LOGGED_MODEL_PENDING");
      }),
  );

  test("writes to the model of the address only", () =>
    withApi(async (api) => {
      const [one, other] = [await create(api), await create(api)];
      for (const model_id of [other, undefined, ""]) {
        expect((await patch(api, one, { model_id, status: 2 })).status).toBe(400);
        expect((await api.post(`logged-models/${one}/params`, { model_id, params: [] })).status).toBe(400);
      }
    }));

  test("hides a deleted model, whose tags can still be set, but for those that ask for it", () =>
    withApi(async (api) => {
      const id = await create(api);
      for (let time = 0; time < 2; time++) expect((await remove(api, id)).body).toEqual({});
      expect((await api.get(`logged-models/${id}`)).status).toBe(404);
      expect((await api.get(`logged-models/${id}/artifacts/directories`)).status).toBe(404);
      expect((await patch(api, `${id}/tags`, { tags: [{ key: "a", value: "1" }] })).status).toBe(200);
      const found = await api.get(`logged-models/${id}`, { allow_deleted: "True" });
      expect(found.body.model.info.tags).toEqual([{ key: "a", value: "1" }]);
      for (const path of ["m-0", "m-0/tags/a"]) expect((await remove(api, path)).status).toBe(404);
    }));
});

describe("files of logged models", () => {
  test("are written through the proxied path and listed and read by the model", () =>
    withApi(async (api) => {
      const id = await create(api);
      const root = `/api/2.0/mlflow-artifacts/artifacts/0/models/${id}/artifacts`;
      await api.send(`${root}/MLmodel`, { method: "PUT", body: "flavors: {}\n" });
      await api.send(`${root}/data/w%20%C3%BC.bin`, { method: "PUT", body: "12345" });
      const list = (query = {}) => api.get(`logged-models/${id}/artifacts/directories`, query);
      expect((await list()).body).toEqual({
        root_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
        files: [
          { path: "MLmodel", is_dir: false, file_size: 12 },
          { path: "data", is_dir: true },
        ],
      });
      expect((await list({ artifact_directory_path: "data" })).body.files).toEqual([
        { path: "data/w ü.bin", is_dir: false, file_size: 5 },
      ]);
      const read = (path: string) =>
        api.get(`/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`, { artifact_file_path: path });
      expect((await read("data/w ü.bin")).text).toBe("12345");
      expect([(await read("none")).status, (await read("data")).status, (await read("")).status]).toEqual([
        404, 400, 400,
      ]);
    }));

  test.each(["../..", "a/../../b", "/etc", "..%2f..", "a\\..\\..\\b", "file:///etc"])(
    "do not leave the model: %s",
    (path) =>
      withApi(async (api) => {
        const id = await create(api);
        const files = await api.get(`/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`, {
          artifact_file_path: path,
        });
        const folder = await api.get(`logged-models/${id}/artifacts/directories`, { artifact_directory_path: path });
        expect([files.status, folder.status]).toEqual([400, 400]);
      }),
  );
});

describe("metrics of logged models", () => {
  test("stand in the run and in the model; sent again they are the same", () =>
    withApi(async (api) => {
      const run = await api.run();
      const model_id = await create(api);
      const point = {
        key: "acc",
        value: 0.5,
        timestamp: 7,
        step: 2,
        model_id,
        dataset_name: "iris",
        dataset_digest: "d",
      };
      const metrics = [point, { key: "plain", value: 1, timestamp: 7, step: 2 }];
      for (let time = 0; time < 2; time++) {
        expect((await api.post("runs/log-batch", { run_id: run, metrics })).body).toEqual({});
      }
      expect((await api.get(`logged-models/${model_id}`)).body.model.data.metrics).toEqual([{ ...point, run_id: run }]);
      expect((await api.get("runs/get", { run_id: run })).body.run.data.metrics).toHaveLength(2);
    }));

  test("are refused with the whole request for a model that is not there, or another value at the same place", () =>
    withApi(async (api) => {
      const run = await api.run();
      const model_id = await create(api);
      const at = { key: "acc", timestamp: 7, step: 2 };
      await api.post("runs/log-metric", { run_id: run, ...at, value: 1, model_id });
      for (const bad of [
        { ...at, value: 2, model_id },
        { ...at, value: 1, model_id, dataset_name: "iris" },
        { ...at, key: "other", value: 1, model_id: "m-0" },
      ]) {
        const metrics = [{ key: "good", value: 1, timestamp: 7 }, bad];
        expect((await api.post("runs/log-batch", { run_id: run, metrics })).body.error_code).toBe("BAD_REQUEST");
        expect((await api.post("runs/log-metric", { run_id: run, ...bad })).body.error_code).toBe("BAD_REQUEST");
      }
      expect((await api.get("runs/get", { run_id: run })).body.run.data.metrics).toEqual([{ ...at, value: 1 }]);
    }));

  test("keep NaN as 0, as MLflow does, whose reader fails at an empty value", () =>
    withApi(async (api) => {
      const run = await api.run();
      const model_id = await create(api);
      await api.post("runs/log-metric", { run_id: run, key: "loss", value: "NaN", timestamp: 7, model_id });
      expect((await api.get(`logged-models/${model_id}`)).body.model.data.metrics[0].value).toBe(0);
    }));
});
