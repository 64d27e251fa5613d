import { describe, expect, test } from "vitest";
import { NotFoundError, ServerError, ValidationError } from "../../src/errors/index.ts";
import { fromManager, IterationError, MetricsAccumulator, NoRunError } from "../../src/finetuning/index.ts";
import { begun, type Place, train } from "./place.ts";

/** Manager, initial model and iterations: rows S0.1 to S0.10 on any server. */
export function managerRows(place: () => Promise<Place>): void {
  describe("createExperimentsManager()", () => {
    test("S0.1 refuses options that cannot be, and asks the server nothing", async () => {
      await using at = await place();
      let asked = 0;
      const fetch = (request: Request) => {
        asked++;
        return at.fetch(request);
      };
      for (const mainMetric of ["", "a\nb", undefined as unknown as string])
        expect(() => at.manager({ mainMetric })).toThrow(ValidationError);
      for (const topRuns of [0, 1.5]) expect(() => at.manager({ topRuns })).toThrow("topRuns must be an integer");
      expect(() => at.manager({ requirements: ["a\nb"] })).toThrow("requirements must be a list of lines");
      expect(() => at.manager({ retry: { upload: { attempts: 0 } } })).toThrow("upload.attempts must be");
      expect(() => at.manager({ retry: { nothing: {} } as never })).toThrow("nothing must be one of");
      const twice = [new MetricsAccumulator("x"), new MetricsAccumulator("x")];
      expect(() => at.manager({ accumulators: twice })).toThrow("one accumulator");
      at.manager({}, fetch);
      expect(asked).toBe(0);
    });

    test("S0.1 leaves its run to be trained another time when it is disposed, which the original does in a destructor", async () => {
      await using at = await place();
      const { initial } = await begun(at);
      let runId: string | undefined;
      {
        await using manager = at.manager();
        await manager.setIteration({ runId: initial, batchId: "b" });
        runId = (await manager.setRun({ lr: 1 })).runId;
      }
      expect(at.notices.at(-1)).toContain("left without finishRun()");
      const again = at.manager();
      await again.setIteration({ runId: initial, batchId: "b" });
      expect(await again.setRun({ lr: 1 })).toEqual({ state: "resumed", runId });
    });

    test("S0.2 fromManager() shares tracker, requirements and retry", async () => {
      await using at = await place();
      const other = fromManager<{ lr: number }, { weights: number[] }>(at.manager({ requirements: ["a@1"] }), {
        mainMetric: "loss",
        pluginName: `${at.plugin} other`,
      });
      const runId = await other.uploadInitialModel({ weights: [3] });
      const files = await at.client.artifacts.list(runId, "model");
      expect(files.map(({ path }) => path)).toEqual(["model/model.json", "model/requirements.txt"]);
      expect(await (await at.client.artifacts.download(runId, "model/requirements.txt")).text()).toBe("a@1\n");
      expect(await other.downloadInitialModel()).toEqual({ weights: [3] });
      let tried = 0;
      const down = async () => {
        tried++;
        return new Response("", { status: 503 });
      };
      const patient = at.manager({ retry: { read: { attempts: 3, base: 0 } } }, down);
      const heir = fromManager(patient, { mainMetric: "loss", pluginName: "x" });
      await expect(heir.getExperiments()).rejects.toThrow(ServerError);
      expect(tried).toBe(3);
      expect(() => fromManager({} as never, { mainMetric: "x", pluginName: "y" })).toThrow(ValidationError);
    });
  });

  describe("the initial model", () => {
    test("S0.5 S0.6 is uploaded once, which a second upload says; the original leaves one more run per call", async () => {
      await using at = await place();
      const manager = at.manager();
      expect(await manager.hasInitialModel()).toBe(false);
      expect(await manager.getInitialRunId()).toBeUndefined();
      expect(await manager.downloadInitialModel()).toBeUndefined();
      const runId = await manager.uploadInitialModel({ weights: [1] });
      expect(await at.manager().uploadInitialModel({ weights: [2] })).toBe(runId);
      expect(at.notices.at(-1)).toContain("is there already");
      expect(await manager.downloadInitialModel()).toEqual({ weights: [1] });
      expect([await manager.isInitialRun(runId), await manager.isInitialRun("0".repeat(32))]).toEqual([true, false]);
      expect(await manager.getInitialModelRunId()).toBe(runId);
      const [experiment] = await manager.getExperiments();
      expect(experiment?.name).toBe(`${at.plugin} / iteration / initial`);
      const runs = await at.client.runs.search({ experimentIds: [experiment?.experimentId ?? ""] }).all();
      expect(runs.map(({ info }) => [info.runName, info.status])).toEqual([["initial_model", "FINISHED"]]);
    });

    test("S0.6 restores its experiment, and finishes an iteration", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      const [experiment] = await manager.getExperiments();
      await manager.setIteration({ runId: initial, batchId: "b" });
      await at.client.experiments.delete(experiment?.experimentId ?? "");
      expect(await manager.hasInitialModel()).toBe(false);
      expect(await manager.uploadInitialModel({ weights: [9] })).toBe(initial);
      expect(manager.iterationId).toBeUndefined();
      expect(await manager.downloadInitialModel()).toEqual({ weights: [0] });
    });

    test("S0.13 S0.17 takes no run and no metric", async () => {
      await using at = await place();
      const { manager } = await begun(at);
      await expect(manager.setRun({ lr: 1 })).rejects.toThrow(IterationError);
      await expect(manager.saveModel({ weights: [1] })).rejects.toThrow(IterationError);
      expect(() => manager.saveMetric({ name: "loss", value: 1 })).toThrow(NoRunError);
      await expect(manager.finishRun()).rejects.toThrow(NoRunError);
      await expect(manager.getQuality()).rejects.toThrow(NoRunError);
    });
  });

  describe("iterations", () => {
    test("S0.4 have names that hold any text, but not what would look like another part: there the original breaks", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at, { pluginName: `${at.plugin} it's "50%_\\ é🚀` });
      const id = await manager.setIteration({ runId: initial, batchId: `a/b 'c' "d" \\ %` });
      const all = await manager.getExperiments();
      expect(all.map(({ experimentId }) => experimentId)).toContain(id);
      expect(all).toHaveLength(2);
      for (const batchId of ["", "initial", "a / b", "a /", "x_archive", "a\nb"])
        await expect(manager.setIteration({ runId: initial, batchId })).rejects.toThrow("the batch id must be");
      for (const pluginName of ["", "initial", "a / b"])
        expect(() => at.manager({ pluginName })).toThrow("the plugin name must be");
      expect(manager.iterationId).toBe(id);
    });

    test("S0.7 are asked for by their prefix, where the original looks through all experiments", async () => {
      await using at = await place();
      const { initial } = await begun(at);
      const asked: unknown[] = [];
      const manager = at.manager({}, async (request) => {
        if (request.url.endsWith("/experiments/search")) asked.push(await request.clone().json());
        return at.fetch(request);
      });
      expect(await manager.isInitialRun(initial)).toBe(true);
      expect(await manager.getExperiments()).toHaveLength(1);
      expect(asked).toEqual([expect.objectContaining({ filter: `name LIKE '${at.plugin} / iteration / %'` })]);
    });

    test("S0.7 S0.8 are found by prefix and told by their creation, without the active one", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at, { pluginName: `${at.plugin}_b` });
      await at.client.experiments.create({ name: `${at.plugin}Xb / iteration / initial` });
      const first = await manager.setIteration({ runId: initial, batchId: "1" });
      expect([await manager.getPreviousIterationId(), await manager.getLastIterationId()]).toEqual([
        undefined,
        undefined,
      ]);
      await train(manager, { lr: 1 }, 1);
      const second = await manager.setIteration({ runId: initial, batchId: "2" });
      expect(await manager.getExperiments()).toHaveLength(3);
      expect(await manager.getPreviousIterationId()).toBe(first);
      expect(await manager.getLastIterationId()).toBe(first);
      expect(await manager.getLastFinishedIterationId()).toBe(first);
      await manager.setRun({ lr: 1 });
      await manager.finishIteration();
      // Its run was left: it is not finished. The original compares text with an enum, and finds none.
      expect(await manager.getLastIterationId()).toBe(second);
      expect(await manager.getPreviousIterationId()).toBe(first);
      expect(await manager.getLastFinishedIterationId()).toBe(first);
      await manager.setIteration({ runId: initial, batchId: "1" });
      expect(await manager.getPreviousIterationId()).toBeUndefined();
      expect(await manager.getLastIterationId()).toBe(second);
    });

    test("S0.10 refuses another plugin's, and an unknown start run", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      const other = at.manager({ pluginName: `${at.plugin} other` });
      await expect(other.setIteration({ runId: initial, batchId: "b" })).rejects.toThrow(IterationError);
      await expect(manager.setIteration({ runId: initial, batchId: "b", pluginName: "other" })).rejects.toThrow(
        IterationError,
      );
      await expect(manager.setIteration({ runId: initial, batchId: "x / y" })).rejects.toThrow(ValidationError);
      await expect(manager.setIteration({ runId: "0".repeat(32), batchId: "b" })).rejects.toThrow(NotFoundError);
      expect(manager.iterationId).toBeUndefined();
      const id = await manager.setIteration({ runId: initial, batchId: "b", pluginName: at.plugin });
      expect((await at.client.experiments.get(id)).name).toBe(`${at.plugin} / iteration / ${initial} / b`);
      await manager.finishIteration();
      expect(manager.iterationId).toBeUndefined();
    });

    test("S0.9 deletes models and archives the previous one, once per iteration", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      expect(await manager.deletePreviousIteration()).toBeUndefined();
      expect(at.notices.at(-1)).toContain("no previous iteration");
      const ids: string[] = [];
      let runId = initial;
      for (const batchId of ["1", "2", "3"]) {
        ids.push(await manager.setIteration({ runId: initial, batchId }));
        runId = await train(manager, { lr: 1 }, 1);
      }
      expect(await manager.deletePreviousIteration()).toBe(ids[1]);
      expect(await manager.deletePreviousIteration()).toBe(ids[1]);
      const gone = await at.client.experiments.get(ids[1] ?? "");
      expect([gone.name, gone.lifecycleStage]).toEqual([
        `${at.plugin} / iteration / ${initial} / 2_archive`,
        "deleted",
      ]);
      expect(await manager.getPreviousIterationId()).toBe(ids[0]);
      expect(await manager.modelIsUploaded(runId)).toBe(true);
      // An archive of that name is there already.
      await manager.setIteration({ runId: initial, batchId: "2" });
      const again = manager.iterationId ?? "";
      await manager.archiveIteration(again);
      expect((await at.client.experiments.get(again)).name).toMatch(/2_archive_2$/);
    });

    test("are rolled back with their models, and restored", async () => {
      await using at = await place();
      const { manager, initial } = await begun(at);
      await manager.setIteration({ runId: initial, batchId: "good" });
      const good = await train(manager, { lr: 1 }, 1);
      const id = await manager.setIteration({ runId: good, batchId: "bad" });
      await train(manager, { lr: 2 }, 0.5);
      for (let call = 0; call < 2; call++)
        expect(await manager.rollBackIteration(id)).toEqual({ runId: good, isInitial: false });
      expect(await manager.downloadLastModel()).toEqual({ weights: [1] });
      for (let call = 0; call < 2; call++) await manager.restoreIteration(id);
      expect(await manager.downloadLastModel()).toEqual({ weights: [0.5] });
      const [experiment] = (await manager.getExperiments()).filter(({ name }) => name.endsWith("initial"));
      await expect(manager.archiveIteration(experiment?.experimentId ?? "")).rejects.toThrow(IterationError);
      await manager.archiveIteration(id);
      await manager.setIteration({ runId: good, batchId: "bad" });
      await expect(manager.restoreIteration(id)).rejects.toThrow("its name must be free");
    });
  });
}
