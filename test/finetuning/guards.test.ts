import { describe, expect, test } from "vitest";
import { NetworkError, ValidationError } from "../../src/errors/index.ts";
import { IterationError, MetricsAccumulator, NoRunError, ParamsError } from "../../src/finetuning/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { createTracker } from "../../src/index.ts";
import { begun, type Place, place, train } from "./place.ts";

async function inIteration(at: Place, options: Parameters<typeof begun>[1] = {}) {
  const { manager, initial } = await begun(at, options);
  const id = await manager.setIteration({ runId: initial, batchId: "b" });
  return { manager, initial, id };
}

describe("calls of one manager", () => {
  test("take turns: of two runs that are set at once one is refused, and two models do not mix", async () => {
    await using at = await place();
    const { manager, id } = await inIteration(at);
    const both = await Promise.allSettled([manager.setRun({ lr: 1 }), manager.setRun({ lr: 2 })]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect((both[1] as PromiseRejectedResult).reason).toBeInstanceOf(NoRunError);
    manager.saveMetric(1);
    const saved = [manager.saveModel({ weights: [1] }), manager.saveModel({ weights: [2] }), manager.finishRun()];
    await Promise.all(saved);
    expect(await manager.downloadBestModel()).toEqual({ weights: [2] });
    const runs = await at.client.runs.search({ experimentIds: [id] }).all();
    expect(runs.map(({ info }) => info.status)).toEqual(["FINISHED"]);
    await expect(manager.setRun({ lr: 3 }, { signal: AbortSignal.abort(new Error("no more")) })).rejects.toThrow(
      "no more",
    );
  });
});

describe("setRun()", () => {
  test("S0.13 takes no parameters at all", async () => {
    await using at = await place();
    const { manager } = await inIteration(at);
    const runId = await train(manager, {} as never, 1);
    expect(await manager.getParamsByRunId(runId)).toEqual({});
    expect((await at.client.runs.get(runId)).info.runName).toMatch(/^44136fa355b3678a/);
  });

  test("S0.13 refuses parameters that no request takes before it makes a run", async () => {
    await using at = await place();
    const { manager, id } = await inIteration(at);
    let deep: unknown[] = [];
    for (let level = 0; level < 20_000; level++) deep = [deep];
    let deepObject: object = {};
    for (let level = 0; level < 20_000; level++) deepObject = { a: deepObject };
    for (const [note, message] of [
      ["x".repeat(1_000_000), "at most 640000 characters"],
      [deep, "nested at most 200 levels deep"],
      [deepObject, "nested at most 200 levels deep"],
    ]) {
      const setting = manager.setRun({ lr: 1, note } as never);
      await expect(setting).rejects.toThrow(ParamsError);
      await expect(setting).rejects.toThrow(message as string);
    }
    expect(await at.client.runs.search({ experimentIds: [id] }).all()).toEqual([]);
    await train(manager, { lr: 1, note: "x".repeat(100_000) }, 1);
  });

  test("S0.13 knows a run by its tag when somebody has renamed it", async () => {
    await using at = await place();
    const { manager, initial } = await inIteration(at);
    const runId = await train(manager, { lr: 1 }, 1);
    await at.client.runs.update(runId, { name: "my best one" });
    await at.client.runs.update(initial, { name: "baseline" });
    expect(await manager.setRun({ lr: 1 })).toEqual({ state: "finished", runId });
    expect(await manager.uploadInitialModel({ weights: [9] })).toBe(initial);
    expect(await manager.getBestCurrentRunId()).toEqual({ runId: initial, isInitial: true });
    // A run of another program, which has no tags, is known by its name.
    await manager.setIteration({ runId: initial, batchId: "b" });
    const name = "9c9ba942d8bb6213cd855c3e8ddfeb6640a23616f11f4da3d8e77555902a6107";
    const foreign = await at.client.runs.create({ experimentId: manager.iterationId ?? "", name });
    await at.client.runs.update(foreign.info.runId, { status: "FINISHED" });
    expect(await manager.setRun({ lr: 0.1 })).toEqual({ state: "finished", runId: foreign.info.runId });
  });

  test("S0.13 says that the experiment is deleted only when the server says so", async () => {
    await using at = await place();
    let isBroken = false;
    const fetch: Fetch = (request) => {
      if (isBroken && request.url.endsWith("/runs/create"))
        return Promise.resolve(Response.json({ error_code: "INVALID_PARAMETER_VALUE", message: "x" }, { status: 400 }));
      return isBroken && request.url.includes("/experiments/get")
        ? Promise.reject(new TypeError("fetch failed"))
        : at.fetch(request);
    };
    const manager = at.manager({ tracker: at.tracker(fetch) });
    const initial = await manager.uploadInitialModel({ weights: [0] });
    await manager.setIteration({ runId: initial, batchId: "b" });
    isBroken = true;
    const setting = manager.setRun({ lr: 1 });
    await expect(setting).rejects.not.toBeInstanceOf(IterationError);
    await expect(setting).rejects.not.toThrow("it is deleted");
  });

  test("gives its runs the user and the tags of the tracker", async () => {
    await using at = await place();
    const tracker = createTracker({
      trackingUri: "http://localhost:5000",
      fetch: at.fetch,
      user: "ada",
      tags: { team: "search" },
    });
    const { manager } = await inIteration(at, { tracker });
    const { runId = "" } = await manager.setRun({ lr: 1 });
    await manager.finishRun();
    const { info, data } = await at.client.runs.get(runId);
    expect([info.userId, data.tags["mlflow.user"], data.tags["team"]]).toEqual(["ada", "ada", "search"]);
    await tracker.close();
  });
});

describe("metrics that the manager writes itself", () => {
  test("S0.19 cannot be written by a training", async () => {
    await using at = await place();
    const { manager } = await inIteration(at);
    await manager.setRun({ lr: 1 });
    for (const name of ["model_uploaded", "model_deleted", "best_loss"]) {
      expect(() => manager.saveMetric({ name, value: 1 })).toThrow(ValidationError);
      expect(() => at.manager({ accumulators: [new MetricsAccumulator(name)] })).toThrow("the manager writes");
    }
    expect(() => at.manager({ mainMetric: "model_uploaded" })).toThrow(ValidationError);
    await manager.finishRun();
    expect(await manager.modelIsUploaded((await manager.getBestCurrentRunId()).runId ?? "x")).toBe(false);
  });

  test("S0.19 two managers keep their values apart though they were given one accumulator", async () => {
    await using at = await place();
    const accumulators = [new MetricsAccumulator("loss", { mean: true })];
    const { manager, initial } = await inIteration(at, { accumulators });
    const other = at.manager({ accumulators });
    await other.setIteration({ runId: initial, batchId: "b" });
    const { runId = "" } = await manager.setRun({ lr: 1 });
    await other.setRun({ lr: 2 });
    manager.saveMetric(1);
    other.saveMetric(5);
    manager.saveMetric({ name: "loss", value: 2, step: Number.MAX_SAFE_INTEGER });
    manager.saveMetric(3);
    await manager.finishRun();
    await other.finishRun();
    const history = await at.client.metrics.history({ runId, key: "mean_loss" }).all();
    expect(history.map(({ value }) => value).sort()).toEqual([1, 1.5, 2]);
  });
});

describe("getQuality()", () => {
  test("S0.20 is the best value also of what was logged to the run itself", async () => {
    await using at = await place();
    const { manager } = await inIteration(at);
    const { runId = "" } = await manager.setRun({ lr: 1 });
    for (const value of [3, Number.NaN, 5]) manager.run?.logMetric("loss", value);
    expect(await manager.getQuality()).toBe(3);
    await manager.saveModel({ weights: [3] });
    await manager.finishRun();
    expect((await at.client.runs.get(runId)).data.metrics["best_loss"]).toBe(3);
  });
});

describe("ids of runs", () => {
  test("S0.11 are the tracker's or MLflow's", async () => {
    await using at = await place();
    const tracker = at.tracker();
    const { manager } = await inIteration(at, { tracker });
    await manager.setRun({ lr: 1 });
    const { run } = manager;
    const localId = run?.localId ?? "";
    manager.saveMetric(1);
    await manager.saveModel({ weights: [1] });
    await manager.finishRun();
    const runId = await run?.runId();
    expect((await manager.getRunById(localId))?.info.runId).toBe(runId);
    expect(await manager.modelIsUploaded(localId)).toBe(true);
    expect(await manager.downloadModelByRunId(localId)).toEqual({ weights: [1] });
    expect(await manager.isInitialRun(localId)).toBe(false);
    const id = await manager.setIteration({ runId: localId, batchId: "2" });
    expect((await at.client.experiments.get(id)).name).toBe(`${at.plugin} / iteration / ${runId} / 2`);
    expect(await manager.deleteModel(localId)).toBe(true);
  });
});

describe("getTopParams()", () => {
  test("S0.18 leaves out what does not fit the schema any more, and says so", async () => {
    await using at = await place();
    const { manager, id } = await inIteration(at);
    for (const [lr, note] of [
      [1, "old"],
      [2, undefined],
      [3, undefined],
    ] as const)
      await train(manager, { lr, ...(note !== undefined && { note }) }, lr);
    const validate = (value: unknown) =>
      "note" in (value as object)
        ? { issues: [{ message: "is gone", path: ["note"] }] }
        : { value: value as { lr: number } };
    const later = at.manager({ topRuns: 2, schema: { "~standard": { version: 1, vendor: "test", validate } } });
    expect(await later.getTopParamsByExperimentId(id)).toEqual([{ lr: 2 }, { lr: 3 }]);
    expect(at.notices.at(-1)).toContain("note: is gone");
  });
});

describe("iterations", () => {
  test("S0.10 do not start from a deleted run; S0.9 say that the model they start from goes", async () => {
    await using at = await place();
    const { manager, initial } = await inIteration(at);
    const best = await train(manager, { lr: 1 }, 1);
    const gone = await train(manager, { lr: 2 }, 3);
    await at.client.runs.delete(gone);
    await expect(manager.setIteration({ runId: gone, batchId: "c" })).rejects.toThrow(IterationError);
    await manager.setIteration({ runId: best, batchId: "c" });
    expect(await manager.deletePreviousIteration()).toBeDefined();
    expect(at.notices.at(-1)).toContain(`the model from which "${at.plugin} / iteration / ${best} / c" starts`);
    expect(await manager.downloadBestModel()).toEqual({ weights: [0] });
    expect(initial).not.toBe(best);
  });
});

test("lists of several pages arrive on a line that loses every second answer", async () => {
  await using at = await place();
  const { id } = await inIteration(at);
  for (let n = 0; n < 3; n++) await at.client.runs.create({ experimentId: id, name: `${n}` });
  let count = 0;
  const fetch: Fetch = async (request) => {
    if (!request.url.endsWith("/runs/search")) return at.fetch(request);
    const json: object = await request.json();
    const { url, headers } = request;
    const body = JSON.stringify({ ...json, max_results: 1 });
    const reply = await at.fetch(new Request(url, { method: "POST", headers, body }));
    if (++count % 2 === 1) throw new TypeError("fetch failed");
    return reply;
  };
  const manager = at.manager({ retry: { default: { base: 0, attempts: 2 } } }, fetch);
  expect(await manager.getTopParamsByExperimentId(id)).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(6);
  const once = at.manager({ retry: { default: { attempts: 1 } } }, fetch);
  await expect(once.getTopParamsByExperimentId(id)).rejects.toThrow(NetworkError);
});

describe("what only a look at each run tells", () => {
  test("S0.8 an iteration with one run that is still trained is not finished", async () => {
    await using at = await place();
    const { manager, initial, id } = await inIteration(at);
    await train(manager, { lr: 1 }, 1);
    await manager.setRun({ lr: 2 });
    const other = at.manager();
    expect(await other.getLastFinishedIterationId()).toBeUndefined();
    await manager.finishRun({ asFailed: true });
    expect(await other.getLastFinishedIterationId()).toBe(id);
    // A second try of the failed one that dies is not its first one's outcome, whatever ends its run.
    await manager.setRun({ lr: 2 }, { retryFailed: true });
    await manager.run?.end("FINISHED", { until: "delivered" });
    await other.setIteration({ runId: initial, batchId: "b" });
    expect((await other.setRun({ lr: 2 })).state).toBe("resumed");
  });

  test("S0.13 of two runs that a lost answer has made one stays", async () => {
    await using at = await place();
    const { initial } = await begun(at);
    let made = 0;
    let hidden = 1;
    // The run is made and the answer lost; the next look does not show it yet.
    const fetch: Fetch = async (request) => {
      if (made > 0 && request.url.endsWith("/runs/search") && hidden-- > 0) return Response.json({});
      const reply = await at.fetch(request);
      if (request.url.endsWith("/runs/create") && ++made === 1) throw new TypeError("fetch failed");
      return reply;
    };
    const manager = at.manager({}, fetch);
    const id = await manager.setIteration({ runId: initial, batchId: "b" });
    await train(manager, { lr: 1 }, 1);
    const runs = await at.client.runs.search({ experimentIds: [id], view: "all" }).all();
    expect(made).toBe(2);
    expect(runs.map(({ info }) => [info.lifecycleStage, info.status]).sort()).toEqual([
      ["active", "FINISHED"],
      ["deleted", "RUNNING"],
    ]);
  });

  test("S0.9 archives an iteration that somebody has deleted", async () => {
    await using at = await place();
    const { manager, id } = await inIteration(at);
    await train(manager, { lr: 1 }, 1);
    await at.client.experiments.delete(id);
    await manager.archiveIteration(id);
    const { name, lifecycleStage } = await at.client.experiments.get(id);
    expect([name.endsWith(" / b_archive"), lifecycleStage]).toEqual([true, "deleted"]);
    await manager.restoreIteration(id);
    expect(await manager.downloadBestModel()).toEqual({ weights: [1] });
  });
});
