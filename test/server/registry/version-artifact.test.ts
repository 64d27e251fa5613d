import { expect, test } from "vitest";
import { type Api, withApi } from "../support/api.ts";

async function put(api: Api, path: string): Promise<void> {
  const init = { method: "PUT", body: `<${path}>` };
  expect((await api.send(`/api/2.0/mlflow-artifacts/artifacts/${path}`, init)).status).toBe(200);
}

test("get-artifact sends files of a version, whatever its source names, and none from elsewhere", () =>
  withApi(async (api) => {
    const run = await api.run();
    await put(api, `0/${run}/artifacts/model/MLmodel`);
    await put(api, `0/${run}/artifacts/secret`);
    await api.post("registered-models/create", { name: "m" });
    const sources = [
      `runs:/${run}/model`,
      `mlflow-artifacts:/0/${run}/artifacts/model`,
      "models:/m/1",
      "s3://bucket/model",
    ];
    for (const source of sources) {
      const run_id = source.startsWith("s3:") ? undefined : run;
      expect((await api.post("model-versions/create", { name: "m", source, run_id })).status).toBe(200);
    }
    const get = (version: string, path: string) =>
      api.get("/model-versions/get-artifact", { name: "m", version, path });
    for (const version of ["1", "2", "3"]) {
      expect((await get(version, "MLmodel")).text).toBe(`<0/${run}/artifacts/model/MLmodel>`);
      expect((await get(version, "none")).status).toBe(404);
      for (const path of ["../secret", "..%2fsecret", "/etc/passwd", "a/../../secret", ""]) {
        expect([path, (await get(version, path)).status]).toEqual([path, 400]);
      }
    }
    expect((await get("4", "MLmodel")).status).toBe(501);
    expect((await get("5", "MLmodel")).status).toBe(404);
    expect((await get("one", "MLmodel")).status).toBe(400);
    expect((await api.get("/model-versions/get-artifact")).status).toBe(400);
  }));
