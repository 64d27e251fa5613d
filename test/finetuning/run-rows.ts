import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { MetricsAccumulator, MissingMetricError, NoRunError, ParamsError } from "../../src/finetuning/index.ts";
import { begun, type Place, train } from "./place.ts";

/** Runs and models: rows S0.11 to S0.20 on any server. */
export function runRows(place: () => Promise<Place>): void {
  describe("runs", () => {
    test("S0.13 are trained once: the original reopens and trains finished ones again", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at, { accumulators: [new MetricsAccumulator("loss", { mean: true })] });
      await manager.setIteration({ runId: initial, batchId: "b" });
      const runId = await train(manager, { lr: 0.1, layers: [1, 2] }, 1);
      const { info, data } = await at.client.runs.get(runId);
      expect([info.status, data.params, data.metrics]).toEqual([
        "FINISHED",
        { lr: "0.1", layers: "1, 2" },
        { loss: 1, mean_loss: 1.5, best_loss: 1, model_uploaded: 1 },
      ]);
      expect(info.runName).toMatch(/^[0-9a-f]{64}$/);
      expect(await at.manager().getParamsByRunId(runId)).toEqual({ lr: 0.1, layers: [1, 2] });
      expect(await manager.setRun({ layers: [1, 2], lr: 1e-1 })).toEqual({ state: "finished", runId });
      expect(at.notices.at(-1)).toContain("not trained again");
      expect(manager.run).toBeUndefined();
      await manager.setRun({ lr: 2 });
      await expect(manager.setRun({ lr: 3 })).rejects.toThrow(NoRunError);
      await manager.finishRun({ asFailed: true });
      expect((await manager.setRun({ lr: 2 })).state).toBe("failed");
      expect((await manager.setRun({ lr: 2 }, { retryFailed: true })).state).toBe("resumed");
    });

    test("S0.13 go on after another end than finishRun(), with steps that hide what came before", async () => {
      await using at = await place();
      const accumulators = () => [new MetricsAccumulator("loss", { min: true })];
      const { manager, initial } = await begun(at, { accumulators: accumulators() });
      await manager.setIteration({ runId: initial, batchId: "b" });
      const { runId } = await manager.setRun({ lr: 1 });
      for (const value of [5, 0.1, 3]) manager.saveMetric({ name: "loss", value });
      // As the leader of a queue does for a process that died.
      await manager.run?.end("FAILED", { until: "delivered" });
      const next = at.manager({ accumulators: accumulators() });
      await next.setIteration({ runId: initial, batchId: "b" });
      expect(await next.setRun({ lr: 1 })).toEqual({ state: "resumed", runId });
      await expect(next.getQuality()).rejects.toThrow(MissingMetricError);
      next.saveMetric(4);
      expect(await next.getQuality()).toBe(4);
      await next.finishRun();
      const { info, data } = await at.client.runs.get(runId ?? "");
      expect([info.status, data.metrics]).toEqual([
        "FINISHED",
        { loss: 4, min_loss: 4, best_loss: 4, model_uploaded: 0 },
      ]);
      expect(data.latestMetrics.find(({ key }) => key === "loss")?.step).toBe(3);
    });

    test("S0.13 say so when somebody else ended them or deleted the experiment", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      const id = await manager.setIteration({ runId: initial, batchId: "b" });
      const { runId = "" } = await manager.setRun({ lr: 1 });
      await at.client.runs.update(runId, { status: "KILLED" });
      await manager.finishRun();
      expect(at.notices.at(-1)).toContain("was set to KILLED by somebody else");
      expect((await at.client.runs.get(runId)).info.status).toBe("FINISHED");
      await manager.setRun({ lr: 3 });
      manager.saveMetric(1);
      await at.client.experiments.delete(id);
      for (const call of [() => manager.saveModel({ weights: [1] }), () => manager.finishRun()])
        await expect(call()).rejects.toThrow(`the experiment ${id} must be active`);
      await manager.restoreIteration(id);
      await manager.saveModel({ weights: [1] });
      await manager.finishRun();
      const deleted = (await manager.setRun({ lr: 4 })).runId ?? "";
      await at.client.runs.delete(deleted);
      await expect(manager.finishRun()).rejects.toThrow(`the run ${deleted} as it must be active`);
      await manager.finishIteration();
      await manager.setIteration({ runId: initial, batchId: "b" });
      await at.client.experiments.delete(id);
      await expect(manager.setRun({ lr: 2 })).rejects.toThrow(`the experiment ${id} must be active`);
    });

    test("S0.13 have parameters that fit the schema", async () => {
      await using at = await place();
      const validate = (value: unknown) => {
        const { lr } = value as { lr: unknown };
        return typeof lr === "number"
          ? { value: { note: "default", lr } }
          : { issues: [{ message: "must be a number", path: ["lr"] }] };
      };
      const { manager, initial } = await begun(at, {
        schema: { "~standard": { version: 1, vendor: "test", validate } },
      });
      await manager.setIteration({ runId: initial, batchId: "b" });
      await expect(manager.setRun({ lr: "1" } as never)).rejects.toThrow("lr: must be a number");
      for (const params of [null, [1], 3]) await expect(manager.setRun(params as never)).rejects.toThrow(ParamsError);
      const { runId = "" } = await manager.setRun({ lr: 1 });
      expect(await manager.getParamsByRunId(runId)).toEqual({ lr: 1, note: "default" });
    });

    test("S0.11 are found in any experiment, by id, with a model if so asked; the original looks in the active one only", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      await manager.setIteration({ runId: initial, batchId: "1" });
      const trained = await train(manager, { lr: 1 }, 1);
      await manager.setIteration({ runId: initial, batchId: "2" });
      const bare = (await manager.setRun({ lr: 1 })).runId ?? "";
      expect((await manager.getRunById(trained, { modelsOnly: true }))?.info.runId).toBe(trained);
      expect((await manager.getRunById(bare))?.info.runId).toBe(bare);
      expect(await manager.getRunById(bare, { modelsOnly: true })).toBeUndefined();
      expect(await manager.getRunById("0".repeat(32))).toBeUndefined();
      expect(await manager.getParamsByRunId("0".repeat(32))).toBeUndefined();
    });

    test("S0.18 S0.12 are ranked: the best ones, their parameters and the initial one", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at, { topRuns: 2 });
      expect(await manager.getTopParams()).toEqual([]);
      expect(await manager.getBestCurrentRunId()).toEqual({ runId: initial, isInitial: true });
      const id = await manager.setIteration({ runId: initial, batchId: "1" });
      expect(await manager.getBestCurrentRunId()).toEqual({ runId: undefined, isInitial: false });
      expect(await manager.getBestPreviousRunId()).toEqual({ runId: initial, isInitial: true });
      await train(manager, { lr: 10 }, 3);
      const best = await train(manager, { lr: 9, note: "1" }, 1);
      await train(manager, { lr: 8 }, 2);
      await manager.setRun({ lr: 7 });
      manager.saveMetric({ name: "loss", value: 0 });
      await manager.finishRun({ asFailed: true });
      expect(await manager.getBestCurrentRunId()).toEqual({ runId: best, isInitial: false });
      await manager.setIteration({ runId: best, batchId: "2" });
      expect(await manager.getBestPreviousRunId()).toEqual({ runId: best, isInitial: false });
      expect(await manager.getTopParams()).toEqual([{ lr: 9, note: "1" }, { lr: 8 }]);
      expect(await at.manager({ isLoss: false, topRuns: 1 }).getTopParamsByExperimentId(id)).toEqual([{ lr: 10 }]);
    });

    test("S0.19 log through every accumulator, each on its step and anew for each run; the original logs all on step 0, and one NaN poisons its mean", async () => {
      await using at = await place();
      const accumulators = [
        new MetricsAccumulator("loss", { mean: true, sliding: true, min: true, max: true, windowSize: 2 }),
        new MetricsAccumulator("accuracy", { max: true }),
      ];
      const { manager, initial } = await begun(at, { accumulators });
      await manager.setIteration({ runId: initial, batchId: "b" });
      const histories = async (): Promise<Record<string, [step: number, value: number][]>> => {
        const runId = (await manager.run?.runId()) ?? "";
        await manager.finishRun();
        const { metrics } = (await at.client.runs.get(runId)).data;
        const found: Record<string, [number, number][]> = {};
        for (const key of Object.keys(metrics)) {
          const points = await at.client.metrics.history({ runId, key }).all();
          found[key] = points.map(({ step, value }): [number, number] => [step, value]).sort(([a], [b]) => a - b);
        }
        return found;
      };
      await manager.setRun({ lr: 1 });
      for (const value of [4, 1, Number.NaN, 4]) manager.saveMetric(value);
      manager.saveMetric({ name: "accuracy", value: 0.5, step: 10 });
      manager.saveMetric({ name: "plain", value: 7 });
      // As everywhere in a training: what cannot be is reported, and does not end it.
      for (const name of ["", "a\nb"]) manager.saveMetric({ name, value: 1 });
      manager.saveMetric({ name: "loss", value: "0" as never });
      manager.saveMetric({ name: "loss", value: 0, step: 0.5 });
      expect(await histories()).toEqual({
        loss: [
          [0, 4],
          [1, 1],
          [3, 4],
        ],
        mean_loss: [
          [0, 4],
          [1, 2.5],
          [3, 3],
        ],
        sliding_loss: [
          [0, 4],
          [1, 2.5],
          [3, 2.5],
        ],
        min_loss: [
          [0, 4],
          [1, 1],
          [3, 1],
        ],
        max_loss: [
          [0, 4],
          [1, 4],
          [3, 4],
        ],
        nan_loss: [[2, 1]],
        best_loss: [[1, 1]],
        accuracy: [[10, 0.5]],
        max_accuracy: [[10, 0.5]],
        plain: [[0, 7]],
        model_uploaded: [[0, 0]],
      });
      await manager.setRun({ lr: 2 });
      manager.saveMetric(9);
      expect(await histories()).toMatchObject({ loss: [[0, 9]], mean_loss: [[0, 9]], min_loss: [[0, 9]] });
    });

    test("S0.19 S0.20 S0.3 tell their quality: the least for a loss, the greatest otherwise; none is a named error", async () => {
      await using at = await place();
      for (const [isLoss, expected] of [
        [true, 1],
        [false, 3],
      ] as const) {
        const { manager, initial } = await begun(at, { isLoss, pluginName: `${at.plugin} ${isLoss}` });
        await manager.setIteration({ runId: initial, batchId: "b" });
        await manager.setRun({ lr: 1 });
        await expect(manager.getQuality()).rejects.toThrow(MissingMetricError);
        await expect(manager.saveModel({ weights: [1] })).rejects.toThrow(MissingMetricError);
        manager.saveMetric({ name: "loss", value: Number.NaN });
        for (const value of [2, 1, 3, 2]) manager.saveMetric({ name: "loss", value });
        expect(await manager.getQuality()).toBe(expected);
        expect(await manager.getBestQuality()).toBeUndefined();
        await manager.saveModel({ weights: [1] });
        const { runId } = await manager.setRun({ lr: 1 }).catch(() => ({ runId: "" }));
        expect(runId).toBe("");
        await manager.finishRun();
        expect((await manager.getBestQuality())?.value).toBe(expected);
      }
    });
  });

  describe("models", () => {
    test("S0.17 S0.16 saveModel() keeps the best only, ties included, and never loses it", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      await manager.setIteration({ runId: initial, batchId: "b" });
      const first = await train(manager, { lr: 1 }, 2);
      await manager.setRun({ lr: 2 });
      manager.saveMetric({ name: "loss", value: 3 });
      expect(await manager.saveModel({ weights: [3] })).toMatchObject({ saved: false, removed: undefined });
      expect(await manager.modelIsUploaded()).toBe(false);
      expect(await manager.getCurrentModelUrl()).toBeUndefined();
      expect(await manager.saveModel({ weights: [3] }, { bestOnly: false })).toMatchObject({
        saved: true,
        removed: undefined,
      });
      expect(await manager.downloadModel()).toEqual({ weights: [3] });
      await manager.finishRun();
      await manager.setRun({ lr: 3 });
      manager.saveMetric({ name: "loss", value: 2 });
      expect(await manager.saveModel({ weights: [2] })).toMatchObject({ saved: true, removed: first });
      const { data } = await at.client.runs.get(first);
      expect([data.metrics["model_uploaded"], data.metrics["model_deleted"]]).toEqual([0, 1]);
      expect(await at.client.artifacts.list(first, "model")).toEqual([]);
      expect(await manager.downloadModelByRunId(first)).toBeUndefined();
      expect(at.notices.at(-1)).toContain("it was deleted");
      // Saved over: the files of the first time are gone. Another program sees the model with its quality at once.
      manager.saveMetric(1.5);
      await manager.saveModel({ weights: [1.5, 1.5] });
      expect(await manager.downloadModel()).toEqual({ weights: [1.5, 1.5] });
      const other = at.manager();
      await other.setIteration({ runId: initial, batchId: "b" });
      expect((await other.getBestQuality())?.value).toBe(1.5);
    });

    test("S0.17 saveModel() removes also what another program was about to remove when it died or lost its lock", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      await manager.setIteration({ runId: initial, batchId: "b" });
      const saved = async (lr: number, value: number, bestOnly: boolean): Promise<string> => {
        const { runId = "" } = await manager.setRun({ lr });
        manager.saveMetric(value);
        await manager.saveModel({ weights: [value] }, { bestOnly });
        await manager.finishRun();
        return runId;
      };
      const kept = await saved(1, 5, false);
      const left = await saved(2, 4, false);
      await at.client.runs.setTag(left, "mlflow.tracklet.finetuning.kept_for", "best");
      const old = await saved(3, 3, true);
      expect(await manager.modelIsUploaded(left)).toBe(false);
      const best = await saved(4, 2, true);
      const there = await Promise.all([kept, left, old, best].map((runId) => manager.modelIsUploaded(runId)));
      expect(there).toEqual([true, false, false, true]);
    });

    test("S0.16 deleteModel() removes all files, never the initial model; the original raises every time", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      await manager.setIteration({ runId: initial, batchId: "b" });
      const runId = await train(manager, { lr: 1 }, 1);
      await at.client.artifacts.upload(runId, "model/deep/er/file.bin", Uint8Array.of(1));
      expect([await manager.deleteModel(runId), await manager.deleteModel(runId)]).toEqual([true, false]);
      expect(await at.client.artifacts.list(runId, "model")).toEqual([]);
      expect(await manager.deleteModel(initial)).toBe(false);
      expect(at.notices.at(-1)).toContain("the initial one, which stays");
      expect(await manager.deleteModel("0".repeat(32))).toBe(false);
      expect(await manager.hasInitialModel()).toBe(true);
    });

    test("S0.14 S0.15 last and best fall back to the initial one, with its address, where the original always gives none; half of one is none", async () => {
      await using at = await place();
      const bare = at.manager({ pluginName: `${at.plugin} bare` });
      expect([await bare.downloadLastModel(), await bare.downloadBestModel(), await bare.getLastModelUrl()]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      const { manager, initial } = await begun(at);
      expect([await manager.downloadLastModel(), await manager.downloadBestModel()]).toEqual([
        { weights: [0] },
        { weights: [0] },
      ]);
      const url = await manager.getLastModelUrl();
      expect(url).toBe(`${(await at.client.runs.get(initial)).info.artifactUri}/model`);
      await manager.setIteration({ runId: initial, batchId: "1" });
      await train(manager, { lr: 1 }, 1);
      await manager.setIteration({ runId: initial, batchId: "2" });
      const worse = await train(manager, { lr: 1 }, 2);
      await manager.finishIteration();
      expect([await manager.downloadLastModel(), await manager.downloadBestModel()]).toEqual([
        { weights: [2] },
        { weights: [1] },
      ]);
      await manager.deleteModel(worse);
      expect(await manager.downloadLastModel()).toEqual({ weights: [0] });
      await manager.setIteration({ runId: initial, batchId: "3" });
      const { runId = "" } = await manager.setRun({ lr: 1 });
      await at.client.artifacts.upload(runId, "model/model.json", "{");
      expect(await manager.downloadModel()).toBeUndefined();
      expect(at.notices.at(-1)).toContain("not uploaded, or not whole");
      expect(await manager.deleteModel(runId)).toBe(true);
    });

    test("S0.17 refuses a model that its serializer gives no files for", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      await manager.setIteration({ runId: initial, batchId: "b" });
      await manager.setRun({ lr: 1 });
      await expect(manager.saveModel(undefined as never, { bestOnly: false })).rejects.toThrow(
        "Cannot save a model as JSON",
      );
      for (const files of [new Map(), new Map([["requirements.txt", Uint8Array.of(1)]])]) {
        const other = at.manager({
          pluginName: `${at.plugin} x`,
          serializer: { save: () => files, load: () => ({ weights: [] }) },
        });
        await expect(other.uploadInitialModel({ weights: [] })).rejects.toThrow(ValidationError);
      }
    });
  });
}
