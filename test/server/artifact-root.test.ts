import { describe, expect, test } from "vitest";
import { createArtifactRoot } from "../../src/server/artifact-root.ts";
import { testApi } from "./support/api.ts";

describe("createArtifactRoot()", () => {
  const local = createArtifactRoot("/home/me/mlruns");

  test.each([
    ["/home/me/mlruns/1", "mlflow-artifacts:/1"],
    ["/home/me/mlruns/1/ab/artifacts", "mlflow-artifacts:/1/ab/artifacts"],
    ["file:///home/me/mlruns/1", "mlflow-artifacts:/1"],
    ["/home/me/mlruns", "mlflow-artifacts:/"],
    ["/home/me/mlruns2/1", "/home/me/mlruns2/1"],
    ["/home/other/1", "/home/other/1"],
    ["s3://bucket/1", "s3://bucket/1"],
    ["mlflow-artifacts:/1", "mlflow-artifacts:/1"],
  ])("tells clients of a local store %s as %s", (stored, told) => expect(local.toPublic(stored)).toBe(told));

  test.each([
    ["mlflow-artifacts:/a/b", "/home/me/mlruns/a/b"],
    ["mlflow-artifacts://host/a", "/home/me/mlruns/a"],
    ["s3://bucket/1", "s3://bucket/1"],
    ["/elsewhere", "/elsewhere"],
  ])("keeps %s in a local store as %s", (told, stored) => expect(local.toStored(told)).toBe(stored));

  test("finds the path in the artifact store from either form", () => {
    expect(local.toPath("/home/me/mlruns/1/ab")).toBe("1/ab");
    expect(local.toPath("mlflow-artifacts:/1/ab")).toBe("1/ab");
    expect(local.toPath("/home/other")).toBeUndefined();
    expect(local.toPath("s3://bucket/1")).toBeUndefined();
  });

  test("takes folders of Windows", () => {
    const windows = createArtifactRoot("C:\\me\\mlruns");
    expect(windows.toPublic("C:\\me\\mlruns\\1")).toBe("mlflow-artifacts:/1");
    expect(windows.toPublic("C:/me/mlruns/1")).toBe("mlflow-artifacts:/1");
  });

  test("maps nothing where locations are proxied anyway", () => {
    const served = createArtifactRoot();
    expect(served.locationOf("7")).toBe("mlflow-artifacts:/7");
    expect(served.toPublic("/home/me/mlruns/1")).toBe("/home/me/mlruns/1");
    expect(served.toStored("mlflow-artifacts:/a")).toBe("mlflow-artifacts:/a");
    expect(served.toPath("/home/me/mlruns/1")).toBeUndefined();
  });
});

describe("createServer({ artifactRoot })", () => {
  test("tells the proxied form in every answer that names a location", async () => {
    const api = await testApi({ artifactRoot: "/home/me/mlruns" });
    const id = await api.experiment("a");
    const created = (await api.post("runs/create", { experiment_id: id })).body.run.info;
    const run = created.run_id;
    const uri = `mlflow-artifacts:/${id}/${run}/artifacts`;
    const infos = [
      created,
      (await api.get("runs/get", { run_id: run })).body.run.info,
      (await api.post("runs/update", { run_id: run, status: "FINISHED" })).body.run_info,
      (await api.post("runs/search", { experiment_ids: [id] })).body.runs[0].info,
    ];
    expect(infos.map((info) => info.artifact_uri)).toEqual([uri, uri, uri, uri]);
    expect((await api.get("artifacts/list", { run_id: run })).body.root_uri).toBe(uri);
    const experiments = [
      (await api.get("experiments/get", { experiment_id: id })).body.experiment,
      (await api.get("experiments/get-by-name", { experiment_name: "a" })).body.experiment,
      (await api.post("experiments/search", { max_results: 1 })).body.experiments[0],
    ];
    expect(experiments.map((experiment) => experiment.artifact_location)).toEqual(
      Array(3).fill(`mlflow-artifacts:/${id}`),
    );
    api.close();
  });
});
