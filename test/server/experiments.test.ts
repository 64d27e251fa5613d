import { describe, expect, test } from "vitest";
import { withApi } from "./support/api.ts";

describe("experiments", () => {
  test("create answers an id, and get and get-by-name the experiment with its tags", () =>
    withApi(async (api) => {
      const tags = [{ key: "team", value: "vision" }];
      const id = (await api.post("experiments/create", { name: "digits", tags })).body.experiment_id;
      const { experiment } = (await api.get("experiments/get", { experiment_id: id })).body;
      expect(experiment).toMatchObject({
        experiment_id: id,
        name: "digits",
        artifact_location: `mlflow-artifacts:/${id}`,
        lifecycle_stage: "active",
        workspace: "default",
        tags,
      });
      expect((await api.get("experiments/get-by-name", { experiment_name: "digits" })).body.experiment).toEqual(
        experiment,
      );
    }));

  test("create refuses a taken name, also of a deleted experiment, and leaks no SQL", () =>
    withApi(async (api) => {
      const id = await api.experiment("a");
      await api.post("experiments/delete", { experiment_id: id });
      const { status, body } = await api.post("experiments/create", { name: "a" });
      expect([status, body.error_code]).toEqual([400, "RESOURCE_ALREADY_EXISTS"]);
      expect(body.message).toContain("'a'");
      expect(body.message).not.toMatch(/UNIQUE|SQL|INSERT/i);
    }));

  test("create keeps nothing when two tags have the same key", () =>
    withApi(async (api) => {
      const tags = [
        { key: "a", value: "1" },
        { key: "a", value: "2" },
      ];
      expect((await api.post("experiments/create", { name: "x", tags })).body.error_code).toBe(
        "RESOURCE_ALREADY_EXISTS",
      );
      expect((await api.get("experiments/get-by-name", { experiment_name: "x" })).status).toBe(404);
    }));

  test.each([
    ["no name", {}],
    ["an empty name", { name: "" }],
    ["a number as name", { name: 5 }],
    ["a name of 501 characters", { name: "n".repeat(501) }],
    ["a fragment in the location", { name: "x", artifact_location: "mlflow-artifacts:/a#b" }],
    ["a runs: location", { name: "x", artifact_location: "runs:/x" }],
    ["a tag without key", { name: "x", tags: [{ value: "1" }] }],
    ["an illegal tag key", { name: "x", tags: [{ key: "a//b", value: "1" }] }],
    ["a tag value of 20,001 characters", { name: "x", tags: [{ key: "a", value: "v".repeat(20_001) }] }],
    ["tags that are no list", { name: "x", tags: { a: "1" } }],
  ])("create refuses %s", (_, body) =>
    withApi(async (api) => {
      const answer = await api.post("experiments/create", body);
      expect([answer.status, answer.body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }),
  );

  test("ids are numbers that count up from the default experiment", () =>
    withApi(async (api) => {
      expect([await api.experiment(), await api.experiment()]).toEqual(["1", "2"]);
    }));

  test("update renames, and refuses taken names and deleted experiments", () =>
    withApi(async (api) => {
      const id = await api.experiment("a");
      await api.experiment("b");
      expect((await api.post("experiments/update", { experiment_id: id, new_name: "c" })).body).toEqual({});
      expect((await api.get("experiments/get", { experiment_id: id })).body.experiment.name).toBe("c");
      const taken = await api.post("experiments/update", { experiment_id: id, new_name: "b" });
      expect([taken.status, taken.body.error_code]).toEqual([400, "BAD_REQUEST"]);
      await api.post("experiments/delete", { experiment_id: id });
      const deleted = await api.post("experiments/update", { experiment_id: id, new_name: "d" });
      expect([deleted.status, deleted.body.error_code]).toEqual([500, "INVALID_STATE"]);
    }));

  test("delete and restore take the runs along, and are not found the second time", () =>
    withApi(async (api) => {
      const id = await api.experiment();
      const run = await api.run(id);
      const stage = async (): Promise<string> =>
        (await api.get("runs/get", { run_id: run })).body.run.info.lifecycle_stage;
      expect((await api.post("experiments/delete", { experiment_id: id })).status).toBe(200);
      expect((await api.post("experiments/delete", { experiment_id: id })).status).toBe(404);
      expect(await stage()).toBe("deleted");
      const create = await api.post("runs/create", { experiment_id: id });
      expect(create.body.message).toContain("must be in the 'active' state");
      expect((await api.post("experiments/restore", { experiment_id: id })).status).toBe(200);
      expect((await api.post("experiments/restore", { experiment_id: id })).status).toBe(404);
      expect(await stage()).toBe("active");
    }));

  test("tags are set, overwritten and deleted; an absent one is not found", () =>
    withApi(async (api) => {
      const id = await api.experiment();
      for (const value of ["1", "2"])
        await api.post("experiments/set-experiment-tag", { experiment_id: id, key: "a", value });
      expect((await api.get("experiments/get", { experiment_id: id })).body.experiment.tags).toEqual([
        { key: "a", value: "2" },
      ]);
      expect((await api.post("experiments/delete-experiment-tag", { experiment_id: id, key: "a" })).status).toBe(200);
      expect((await api.post("experiments/delete-experiment-tag", { experiment_id: id, key: "a" })).status).toBe(404);
    }));

  test.each([
    ["999999", 404],
    ["99999999999999999999", 404],
    ["nope", 400],
    ["1.5", 400],
    ["", 400],
    ["1; DROP TABLE runs", 400],
  ])("an experiment id of %j is a %d", (id, status) =>
    withApi(async (api) => {
      expect((await api.get("experiments/get", { experiment_id: id })).status).toBe(status);
      expect((await api.post("experiments/delete", { experiment_id: id })).status).toBe(status);
      expect((await api.post("experiments/set-experiment-tag", { experiment_id: id, key: "a" })).status).toBe(status);
    }),
  );
});
