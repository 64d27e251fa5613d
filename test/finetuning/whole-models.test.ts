import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { IterationError, type ModelSerializer } from "../../src/finetuning/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { begun, type Model, type Place, place, train } from "./place.ts";

/** Two files that belong together. */
const halves: ModelSerializer<Model> = {
  save: ({ weights }) => new Map(weights.map((weight, n) => [`${n}.txt`, new TextEncoder().encode(String(weight))])),
  load: (files) => ({ weights: [...files.values()].map((bytes) => Number(new TextDecoder().decode(bytes))) }),
};

/** Does something once, before the first request that is for such a path. */
function firstDoing(fetch: Fetch, when: (request: Request) => boolean, act: () => Promise<unknown>): Fetch {
  let isDone = false;
  return async (request) => {
    if (!isDone && when(request)) {
      isDone = true;
      await act();
    }
    return fetch(request);
  };
}

async function inIteration(at: Place, options: Parameters<typeof begun>[1] = {}) {
  const { manager, initial } = await begun(at, options);
  await manager.setIteration({ runId: initial, batchId: "b" });
  return { manager, initial };
}

describe("deleteModel()", () => {
  test("S0.16 deletes no model of another plugin, no initial one and none that no manager has made", async () => {
    await using at = await place();
    const { manager, initial } = await inIteration(at);
    const other = at.manager({ pluginName: `${at.plugin} 2` });
    const theirs = await other.uploadInitialModel({ weights: [7] });
    const foreign = await at.client.runs.create({ experimentId: "0", name: "plain" });
    const inside = await at.client.runs.create({ experimentId: manager.iterationId ?? "", name: "plain" });
    for (const { info } of [foreign, inside])
      await at.client.artifacts.upload(info.runId, "model/MLmodel", "x", { artifactUri: info.artifactUri });
    await expect(manager.deleteModel(theirs)).rejects.toThrow(IterationError);
    await expect(manager.deleteModel(foreign.info.runId)).rejects.toThrow(
      `must be of the plugin "${at.plugin}": its experiment is "Default"`,
    );
    expect([await manager.deleteModel(inside.info.runId), await manager.deleteModel(initial)]).toEqual([false, false]);
    expect(await other.downloadInitialModel()).toEqual({ weights: [7] });
    for (const { info } of [foreign, inside])
      expect(await at.client.artifacts.list(info.runId, "model")).toHaveLength(1);
  });
});

describe("downloadModelByRunId()", () => {
  test("S0.14 gives one model or the other, never halves of two, when it is saved anew meanwhile", async () => {
    await using at = await place();
    const { manager } = await inIteration(at, { serializer: halves });
    const runId = (await manager.setRun({ lr: 1 })).runId ?? "";
    manager.saveMetric(1);
    await manager.saveModel({ weights: [1, 1] });
    const isSecond = ({ method, url }: Request): boolean => method === "GET" && url.includes("1.txt");
    const again = firstDoing(at.fetch, isSecond, () => manager.saveModel({ weights: [2, 2] }));
    expect(await at.manager({ serializer: halves }, again).downloadModelByRunId(runId)).toEqual({ weights: [2, 2] });
    expect((await at.client.artifacts.list(runId)).map(({ path }) => path)).toEqual(["model"]);
  });

  test("S0.14 is undefined when the model is deleted meanwhile, and an error when somebody has changed its files", async () => {
    await using at = await place();
    const { manager } = await inIteration(at);
    const runId = await train(manager, { lr: 1 }, 1);
    await at.client.artifacts.upload(runId, "model/model.json", '{"weights":[2]}');
    await expect(manager.downloadModelByRunId(runId)).rejects.toThrow("its files must be those that were saved");
    await expect(manager.downloadModelByRunId(runId)).rejects.toThrow(ValidationError);
    const second = await train(manager, { lr: 2 }, 0.5);
    const isFile = ({ method, url }: Request): boolean => method === "GET" && url.includes("model.json");
    const meanwhile = firstDoing(at.fetch, isFile, () => manager.deleteModel(second));
    expect(await at.manager({}, meanwhile).downloadModelByRunId(second)).toBeUndefined();
    expect(at.notices.at(-1)).toContain("deleted meanwhile");
  });
});

describe("saveModel()", () => {
  test("S0.17 tells others the quality with the model, whether or not its metrics have arrived", async () => {
    await using at = await place();
    let isDown = false;
    const fetch: Fetch = async (request) => {
      const isDelivery = request.url.endsWith("/log-batch") && /"key": ?"loss"/.test(await request.clone().text());
      return isDown && isDelivery ? new Response("", { status: 503 }) : at.fetch(request);
    };
    const { initial, manager: first } = await inIteration(at);
    const best = await train(first, { lr: 1 }, 1);
    const manager = at.manager({ tracker: at.tracker(fetch) });
    await manager.setIteration({ runId: initial, batchId: "b" });
    const { runId } = await manager.setRun({ lr: 2 });
    isDown = true;
    manager.saveMetric(0.5);
    expect(await manager.saveModel({ weights: [0.5] })).toEqual({ saved: true, runId, removed: best });
    expect((await at.client.runs.get(runId ?? "")).data.metrics["loss"]).toBeUndefined();
    expect(await first.getBestQuality()).toEqual({ runId, value: 0.5 });
    expect(await first.downloadBestModel()).toEqual({ weights: [0.5] });
    isDown = false;
    await manager.finishRun();
    expect((await at.client.runs.get(runId ?? "")).data.metrics).toMatchObject({ loss: 0.5, best_loss: 0.5 });
  });

  test("S0.17 has a whole model at every moment while it saves over one", async () => {
    await using at = await place();
    const { manager } = await inIteration(at);
    const runId = (await manager.setRun({ lr: 1 })).runId ?? "";
    manager.saveMetric(1);
    await manager.saveModel({ weights: [1] });
    manager.saveMetric(0.5);
    const seen = new Set<unknown>();
    const reader = at.manager();
    const fetch: Fetch = async (request) => {
      if (request.method !== "GET") seen.add((await reader.downloadModelByRunId(runId))?.weights[0]);
      return at.fetch(request);
    };
    const tracker = at.tracker(fetch);
    const writer = at.manager({ tracker });
    await manager.finishIteration();
    const [{ experimentId = "" } = {}] = await writer.getExperiments();
    const start = (await writer.getInitialRunId()) ?? "";
    await writer.setIteration({ runId: start, batchId: "b" });
    expect(writer.iterationId).toBe(experimentId);
    await writer.setRun({ lr: 1 });
    writer.saveMetric(0.5);
    await writer.saveModel({ weights: [0.5] });
    expect([...seen]).toEqual([1, 0.5]);
    expect(await writer.downloadModel()).toEqual({ weights: [0.5] });
    expect(await writer.getCurrentModelUrl()).toMatch(/\/model$/);
  });

  test("S0.17 keeps the better model of an earlier try of the same run", async () => {
    await using at = await place();
    const { manager, initial } = await inIteration(at);
    const { runId } = await manager.setRun({ lr: 1 });
    manager.saveMetric(0.5);
    await manager.saveModel({ weights: [0.5] });
    await manager.finishIteration();
    await manager.setIteration({ runId: initial, batchId: "b" });
    await manager.setRun({ lr: 1 });
    manager.saveMetric(0.9);
    expect(await manager.saveModel({ weights: [0.9] })).toMatchObject({ saved: false });
    await manager.finishRun();
    expect(await manager.downloadBestModel()).toEqual({ weights: [0.5] });
    expect(await manager.getBestQuality()).toEqual({ runId, value: 0.5 });
    // The run itself is what its last training was.
    expect((await at.client.runs.get(runId ?? "")).data.metrics["best_loss"]).toBe(0.9);
    expect(await manager.getTopParamsByExperimentId(manager.iterationId ?? "")).toEqual([{ lr: 1 }]);
  });

  test("S0.17 counts the model of a run that failed later, for which the best before was removed", async () => {
    await using at = await place();
    const { manager } = await inIteration(at);
    await train(manager, { lr: 1 }, 1);
    const { runId = "" } = await manager.setRun({ lr: 2 });
    manager.saveMetric(0.5);
    await manager.saveModel({ weights: [0.5] });
    await manager.finishRun({ asFailed: true });
    expect(await manager.getBestCurrentRunId()).toEqual({ runId, isInitial: false });
    expect(await manager.getTopParamsByExperimentId(manager.iterationId ?? "")).toEqual([{ lr: 1 }]);
    await manager.deleteModel(runId);
    expect(await manager.downloadBestModel()).toEqual({ weights: [0] });
  });
});
