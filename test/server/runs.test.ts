import { describe, expect, test } from "vitest";
import { withApi } from "./support/api.ts";

const none = "0".repeat(32);

describe("runs", () => {
  test("create answers the run, and get the same with what was logged", () =>
    withApi(async (api) => {
      const { run } = (
        await api.post("runs/create", {
          experiment_id: "0",
          run_name: "first",
          start_time: 1_700_000_000_000,
          user_id: "me",
        })
      ).body;
      const { run_id: id } = run.info;
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(run).toEqual({
        info: {
          run_uuid: id,
          run_id: id,
          experiment_id: "0",
          run_name: "first",
          user_id: "me",
          status: "RUNNING",
          start_time: 1_700_000_000_000,
          artifact_uri: `mlflow-artifacts:/0/${id}/artifacts`,
          lifecycle_stage: "active",
        },
        data: { tags: [{ key: "mlflow.runName", value: "first" }] },
        inputs: {},
      });
      expect((await api.get("runs/get", { run_id: id })).body.run).toEqual({ ...run, outputs: {} });
      expect((await api.get("runs/get", { run_uuid: id })).status).toBe(200);
    }));

  test("create makes up a name, and takes it from the tag", () =>
    withApi(async (api) => {
      const named = async (body: object): Promise<string> =>
        (await api.post("runs/create", { experiment_id: "0", ...body })).body.run.info.run_name;
      expect(await named({})).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
      expect(await named({ tags: [{ key: "mlflow.runName", value: "by tag" }] })).toBe("by tag");
      expect(await named({ run_name: "a", tags: [{ key: "mlflow.runName", value: "a" }] })).toBe("a");
    }));

  test.each([
    ["no experiment", { experiment_id: undefined }, 400],
    ["a number as experiment", { experiment_id: 0 }, 400],
    ["an unknown experiment", { experiment_id: "77" }, 404],
    ["a fraction as start time", { start_time: 1.5 }, 400],
    ["a name that differs from its tag", { run_name: "a", tags: [{ key: "mlflow.runName", value: "b" }] }, 400],
    [
      "a tag twice",
      {
        tags: [
          { key: "a", value: "1" },
          { key: "a", value: "1" },
        ],
      },
      400,
    ],
    ["a number as tag value", { tags: [{ key: "a", value: 1 }] }, 400],
    ["an illegal tag key", { tags: [{ key: "../a", value: "1" }] }, 400],
  ])("create refuses %s and makes no run", (_, body, status) =>
    withApi(async (api) => {
      const answer = await api.post("runs/create", { experiment_id: "0", ...body });
      expect(answer.status).toBe(status);
      expect(answer.body.message).not.toMatch(/sqlite|constraint|insert/i);
      expect((await api.post("runs/search", { experiment_ids: ["0"] })).body).toEqual({});
    }),
  );

  test("create places artifacts below the location of the experiment, before its query", () =>
    withApi(async (api) => {
      const make = async (artifact_location: string): Promise<string> => {
        const id = (await api.post("experiments/create", { name: artifact_location, artifact_location })).body
          .experiment_id;
        const { info } = (await api.post("runs/create", { experiment_id: id })).body.run;
        return info.artifact_uri.replace(info.run_id, "RUN");
      };
      expect(await make("mlflow-artifacts:/a/b")).toBe("mlflow-artifacts:/a/b/RUN/artifacts");
      expect(await make("mlflow-artifacts:/a/")).toBe("mlflow-artifacts:/a/RUN/artifacts");
      expect(await make("s3://bucket/x?y=1")).toBe("s3://bucket/x/RUN/artifacts?y=1");
    }));

  test("update changes what it names and nothing else", () =>
    withApi(async (api) => {
      const id = await api.run();
      const update = async (body: object): Promise<object> =>
        (await api.post("runs/update", { run_id: id, ...body })).body.run_info;
      expect(await update({ status: "FINISHED", end_time: 5 })).toMatchObject({ status: "FINISHED", end_time: 5 });
      expect(await update({ status: 1 })).toMatchObject({ status: "RUNNING", end_time: 5 });
      expect(await update({ run_name: "b" })).toMatchObject({ run_name: "b", status: "RUNNING" });
      expect(await update({ run_name: "" })).toMatchObject({ run_name: "b" });
      const { run } = (await api.get("runs/get", { run_id: id })).body;
      expect(run.data.tags).toEqual([{ key: "mlflow.runName", value: "b" }]);
    }));

  test("update refuses an unknown status and leaves the name that came with it", () =>
    withApi(async (api) => {
      const id = await api.run();
      const before = (await api.get("runs/get", { run_id: id })).body;
      const answer = await api.post("runs/update", { run_id: id, run_name: "new", status: "DONE" });
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain("'status': it must be one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED");
      expect((await api.get("runs/get", { run_id: id })).body).toEqual(before);
    }));

  test("a deleted run can be read and restored, and refuses every write", () =>
    withApi(async (api) => {
      const id = await api.run();
      for (let time = 0; time < 2; time++) expect((await api.post("runs/delete", { run_id: id })).body).toEqual({});
      expect((await api.get("runs/get", { run_id: id })).body.run.info.lifecycle_stage).toBe("deleted");
      for (const [path, body] of [
        ["update", { status: "FAILED" }],
        ["log-metric", { key: "a", value: 1, timestamp: 1 }],
        ["log-parameter", { key: "a", value: "1" }],
        ["set-tag", { key: "a", value: "1" }],
        ["delete-tag", { key: "a" }],
        ["log-batch", {}],
        ["log-inputs", {}],
        ["outputs", { models: [{ model_id: "m" }] }],
      ] as const) {
        const answer = await api.post(`runs/${path}`, { run_id: id, ...body });
        expect([path, answer.status]).toEqual([path, 400]);
        expect(answer.body.message).toContain("must be in the 'active' state");
      }
      for (let time = 0; time < 2; time++) expect((await api.post("runs/restore", { run_id: id })).body).toEqual({});
      expect((await api.get("runs/get", { run_id: id })).body.run.info.lifecycle_stage).toBe("active");
    }));

  test("an unknown run is not found by any route", () =>
    withApi(async (api) => {
      expect((await api.get("runs/get", { run_id: none })).status).toBe(404);
      for (const [path, body] of [
        ["update", {}],
        ["delete", {}],
        ["restore", {}],
        ["log-metric", { key: "a", value: 1, timestamp: 1 }],
        ["log-parameter", { key: "a" }],
        ["set-tag", { key: "a" }],
        ["delete-tag", { key: "a" }],
        ["log-batch", {}],
        ["log-inputs", {}],
        ["outputs", { models: [{ model_id: "m" }] }],
      ] as const) {
        const answer = await api.post(`runs/${path}`, { run_id: none, ...body });
        expect([path, answer.status, answer.body.error_code]).toEqual([path, 404, "RESOURCE_DOES_NOT_EXIST"]);
      }
    }));
});

describe("params and tags", () => {
  test("an equal param is accepted again, another value is refused and the first stays", () =>
    withApi(async (api) => {
      const id = await api.run();
      const log = async (value: string): Promise<number> =>
        (await api.post("runs/log-parameter", { run_id: id, key: "lr", value })).status;
      expect([await log("0.1"), await log("0.1"), await log("0.2")]).toEqual([200, 200, 400]);
      expect((await api.get("runs/get", { run_id: id })).body.run.data.params).toEqual([{ key: "lr", value: "0.1" }]);
    }));

  test("long values are cut at 6,000 and 8,000 characters, and may be sent again", () =>
    withApi(async (api) => {
      const id = await api.run();
      for (let time = 0; time < 2; time++) {
        expect((await api.post("runs/log-parameter", { run_id: id, key: "p", value: "🎉".repeat(7000) })).status).toBe(
          200,
        );
        expect((await api.post("runs/set-tag", { run_id: id, key: "t", value: "x".repeat(9000) })).status).toBe(200);
      }
      const { data } = (await api.get("runs/get", { run_id: id })).body.run;
      expect(data.params).toEqual([{ key: "p", value: "🎉".repeat(6000) }]);
      expect(data.tags.find((tag: { key: string }) => tag.key === "t").value).toHaveLength(8000);
    }));

  test("the tag mlflow.runName renames the run", () =>
    withApi(async (api) => {
      const id = await api.run();
      await api.post("runs/set-tag", { run_id: id, key: "mlflow.runName", value: "via tag" });
      expect((await api.get("runs/get", { run_id: id })).body.run.info.run_name).toBe("via tag");
      await api.post("runs/log-batch", { run_id: id, tags: [{ key: "mlflow.runName", value: "via batch" }] });
      expect((await api.get("runs/get", { run_id: id })).body.run.info.run_name).toBe("via batch");
    }));

  test("a number is no value of a param or tag", () =>
    withApi(async (api) => {
      const id = await api.run();
      for (const path of ["log-parameter", "set-tag"]) {
        for (const value of [5, true, ["a"], { a: 1 }]) {
          expect((await api.post(`runs/${path}`, { run_id: id, key: "a", value })).status).toBe(400);
        }
      }
      expect((await api.get("runs/get", { run_id: id })).body.run.data.params).toBeUndefined();
    }));
});
