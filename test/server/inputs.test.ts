import { describe, expect, test } from "vitest";
import { withApi } from "./support/api.ts";

const iris = { name: "iris", digest: "d1", source_type: "local", source: "{}" };
const training = [{ key: "mlflow.data.context", value: "training" }];

describe("runs/log-inputs", () => {
  test("links a dataset once, and what was told first about it stays", () =>
    withApi(async (api) => {
      const run = await api.run();
      for (const [source, value] of [
        ["{}", "training"],
        ["other", "eval"],
      ]) {
        const datasets = [{ dataset: { ...iris, source }, tags: [{ key: "mlflow.data.context", value }] }];
        expect((await api.post("runs/log-inputs", { run_id: run, datasets })).body).toEqual({});
      }
      expect((await api.get("runs/get", { run_id: run })).body.run.inputs.dataset_inputs).toEqual([
        { dataset: iris, tags: training },
      ]);
    }));

  test("shares a dataset between runs of an experiment, with a context for each", () =>
    withApi(async (api) => {
      const experiment = await api.experiment();
      const runs = [await api.run(experiment), await api.run(experiment)];
      for (const [index, run] of runs.entries()) {
        const tags = [{ key: "mlflow.data.context", value: ["training", "test"][index] }];
        await api.post("runs/log-inputs", { run_id: run, datasets: [{ dataset: iris, tags }] });
      }
      const found = await api.post("/ajax-api/2.0/mlflow/experiments/search-datasets", {
        experiment_ids: [experiment],
      });
      expect(found.body.dataset_summaries.map((summary: { context: string }) => summary.context).sort()).toEqual([
        "test",
        "training",
      ]);
    }));

  test.each([
    ["a digest of 37 characters", { dataset: { ...iris, digest: "d".repeat(37) } }],
    ["a name of 501 characters", { dataset: { ...iris, name: "n".repeat(501) } }],
    ["a tag value of 501 characters", { dataset: iris, tags: [{ key: "k", value: "v".repeat(501) }] }],
    ["a number as name", { dataset: { ...iris, name: 5 } }],
    ["a dataset that is no object", { dataset: "iris" }],
  ])("refuses %s and links nothing", (_, input) =>
    withApi(async (api) => {
      const run = await api.run();
      const datasets = [{ dataset: { ...iris, name: "good" } }, input];
      expect((await api.post("runs/log-inputs", { run_id: run, datasets })).status).toBe(400);
      expect((await api.get("runs/get", { run_id: run })).body.run.inputs).toEqual({});
    }),
  );

  test("links models as inputs and outputs; an output is refused the second time", () =>
    withApi(async (api) => {
      const run = await api.run();
      for (let time = 0; time < 2; time++) {
        expect((await api.post("runs/log-inputs", { run_id: run, models: [{ model_id: "m-1" }] })).status).toBe(200);
      }
      const outputs = { run_id: run, models: [{ model_id: "m-2", step: 3 }] };
      expect((await api.post("runs/outputs", outputs)).status).toBe(200);
      expect((await api.post("runs/outputs", outputs)).body.error_code).toBe("BAD_REQUEST");
      expect((await api.post("runs/outputs", { run_id: run })).status).toBe(400);
      const { run: found } = (await api.get("runs/get", { run_id: run })).body;
      expect([found.inputs, found.outputs]).toEqual([
        { model_inputs: [{ model_id: "m-1" }] },
        { model_outputs: [{ model_id: "m-2", step: 3 }] },
      ]);
    }));
});

describe("experiments/search-datasets", () => {
  test("wants 1 to 20 experiments", () =>
    withApi(async (api) => {
      const search = (ids: string[]): Promise<{ status: number }> =>
        api.post("/ajax-api/2.0/mlflow/experiments/search-datasets", { experiment_ids: ids });
      expect((await search([])).status).toBe(400);
      expect((await search(Array.from({ length: 21 }, (_, index) => String(index)))).status).toBe(400);
      expect((await search(["nope"])).status).toBe(400);
      expect((await search(["0"])).status).toBe(200);
    }));
});

describe("runs/log-model", () => {
  const model = {
    artifact_path: "model",
    flavors: { python_function: {} },
    utc_time_created: "2026-01-01",
    run_id: "r",
  };

  test("appends to the history in a tag", () =>
    withApi(async (api) => {
      const run = await api.run();
      for (const path of ["a", "b"]) {
        await api.post("runs/log-model", {
          run_id: run,
          model_json: JSON.stringify({ ...model, artifact_path: path }),
        });
      }
      const { tags } = (await api.get("runs/get", { run_id: run })).body.run.data;
      const { value } = tags.find((tag: { key: string }) => tag.key === "mlflow.log-model.history");
      expect(JSON.parse(value).map((entry: { artifact_path: string }) => entry.artifact_path)).toEqual(["a", "b"]);
      expect(value).toContain(
        '{"run_id": "r", "artifact_path": "a", "utc_time_created": "2026-01-01", "model_uuid": null, "flavors":',
      );
    }));

  test.each(["{}", "xx", "[]", "null", ""])("refuses %j as model", (model_json) =>
    withApi(async (api) => {
      expect((await api.post("runs/log-model", { run_id: await api.run(), model_json })).status).toBe(400);
    }),
  );
});
