import { describe, expect, test } from "vitest";
import { ExperimentsResource } from "../../src/client/experiments.ts";
import { NotFoundError } from "../../src/errors/index.ts";
import { fakeServer, json, page, refusal, rejection } from "./support/fake-server.ts";
import { recordedExperiment } from "./support/recorded.ts";
import { sent } from "./support/sent.ts";

const api = "/api/2.0/mlflow";

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
