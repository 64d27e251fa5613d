import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { layers, loadLayersModel, type LayersModel, sequential } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { createExperimentsManager, tfjsSerializer } from "../../src/finetuning/index.ts";
import { NotFoundError, StopRequestedError, ValidationError } from "../../src/errors/index.ts";
import { createTracker } from "../../src/index.ts";
import { loadTfjsModel, saveTfjsModel, tfjsCallback } from "../../src/tfjs/index.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { type TestServer, testServer } from "../support/test-server.ts";

let server: TestServer;
let tracker: Tracker;
beforeAll(async () => {
  tf.enableProdMode();
  server = await testServer();
  const { trackingUri, fetch } = server;
  tracker = createTracker({ trackingUri, fetch, controlInterval: 100, onProblem: () => {} });
});
afterAll(async () => {
  await tracker.close();
  server.close();
});

function network(optimizer: tf.Optimizer | string = tf.train.sgd(0.05)): LayersModel {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones" })] });
  model.compile({ optimizer, loss: "meanSquaredError" });
  return model;
}

const x = (): tf.Tensor2D => tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
const y = (): tf.Tensor2D => tf.tensor2d([0, 1, 2, 3], [4, 1]);

describe("tfjsCallback()", () => {
  test("S2.5 logs each epoch, each batch and the learning rate of a real training", async () => {
    const model = network();
    const run = tracker.startRun();
    const callbacks = tfjsCallback(run, { model, perBatch: true, prefix: "net/" });
    const { history } = await model.fit(x(), y(), {
      epochs: 3,
      batchSize: 2,
      shuffle: false,
      callbacks,
      yieldEvery: "never",
    });
    await run.end("FINISHED", { until: "delivered" });
    const loss = await tracker.getMetricHistory(run.localId, "net/loss");
    expect(loss.map(({ step }) => step)).toEqual([0, 1, 2]);
    expect(loss.map(({ value }) => value)).toEqual(history["loss"]);
    const batches = await tracker.getMetricHistory(run.localId, "net/batch_loss");
    expect(batches.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5]);
    const { data } = await tracker.getRun(run.localId);
    expect(data.metrics).toMatchObject({ "net/learning_rate": 0.05, "summary.epochs": 3 });
    expect(data.tags).toMatchObject({ "summary.stop_reason": "all epochs done" });
  });

  test("S2.5 stops a training that gets no better, and says why", async () => {
    const model = network(tf.train.sgd(0));
    const run = tracker.startRun();
    const callbacks = tfjsCallback(run, { model, earlyStopping: { monitor: "loss", patience: 2 } });
    const { epoch } = await model.fit(x(), y(), { epochs: 20, callbacks, yieldEvery: "never" });
    expect(epoch).toEqual([0, 1, 2, 3]);
    await run.end("FINISHED", { until: "delivered" });
    const { data } = await tracker.getRun(run.localId);
    expect(data.metrics).toMatchObject({ "summary.best_epoch": 0, "summary.stopped_epoch": 3, "summary.epochs": 4 });
    expect(data.tags["summary.stop_reason"]).toBe("early stopping: no better loss since epoch 0");
  });

  test("ends the training when somebody asks the run to stop", async () => {
    const model = network();
    const run = tracker.startRun();
    await createClient(tracker).runs.setTag(await run.runId(), "mlflow.tracklet.request.stop", "now");
    const own = { onEpochEnd: async (): Promise<void> => tf.nextFrame() };
    const stopped = new Promise((resolve) => run.signal.addEventListener("abort", resolve));
    const callbacks = [tfjsCallback(run, { model }), own, { onEpochBegin: async () => void (await stopped) }];
    const { epoch } = await model.fit(x(), y(), { epochs: 50, callbacks });
    expect(epoch).toEqual([0]);
    expect(run.signal.reason).toBeInstanceOf(StopRequestedError);
    await run.end("KILLED", { until: "delivered" });
    expect((await tracker.getRun(run.localId)).data.tags["summary.stop_reason"]).toContain("was asked to stop");
  });

  test.each([
    [{ earlyStopping: {} }, "the model must be given"],
    [{ earlyStopping: { patience: -1 }, model: { stopTraining: false } }, "current value is -1"],
    [{ earlyStopping: { minDelta: Number.NaN }, model: { stopTraining: false } }, "current value is NaN"],
    [{ earlyStopping: { mode: "best" as never }, model: { stopTraining: false } }, "current value is best"],
  ])("refuses the options %j", async (options, message) => {
    const run = tracker.startRun();
    expect(() => tfjsCallback(run, options)).toThrow(ValidationError);
    expect(() => tfjsCallback(run, options)).toThrow(message);
    await run.end();
  });

  test("names the figures that there are when the one to monitor is none of them", async () => {
    const run = tracker.startRun();
    const model = { stopTraining: false };
    const { onEpochEnd } = tfjsCallback(run, { model, earlyStopping: { monitor: "val_loss" } });
    await expect(onEpochEnd(0, { loss: 1, acc: 0.5 })).rejects.toThrow("(loss, acc): current value is val_loss");
    await run.end();
  });
});

describe("saveTfjsModel() and loadTfjsModel()", () => {
  test("S2.7 give a logged model back that predicts the same", async () => {
    const model = network();
    const run = tracker.startRun();
    const saved = await saveTfjsModel(run, model, {
      name: "net",
      params: { units: 1 },
      files: { "scaler.json": "{}" },
    });
    await run.end("FINISHED", { until: "delivered" });
    const modelId = await saved.modelId();
    const { loggedModels } = createClient(tracker);
    expect(await loggedModels.get(modelId)).toMatchObject({ name: "net", status: "READY" });
    const files = (await loggedModels.listArtifacts(modelId)).map(({ path }) => path).sort();
    expect(files).toEqual(expect.arrayContaining(["model.json", "scaler.json", "weights.bin"]));
    const loaded = await loadTfjsModel(tracker, { modelId }, (handler) => loadLayersModel(handler));
    const byName = await loadTfjsModel(tracker, { runId: run.localId, name: "net" }, (handler) => handler.load());
    expect(byName.weightSpecs).toHaveLength(2);
    const values = (one: LayersModel): number[] => [...(one.predict(x()) as tf.Tensor).dataSync()];
    expect(values(loaded)).toEqual(values(model));
  });

  test("S0.17 tfjsSerializer() keeps a model with its optimizer, which loadTfjsModel() reads too", async () => {
    const manager = createExperimentsManager({
      tracker,
      mainMetric: "loss",
      pluginName: "net",
      serializer: tfjsSerializer((handler) => loadLayersModel(handler), { includeOptimizer: true }),
    });
    const model = network(tf.train.adam(0.25));
    await model.fit(x(), y(), { epochs: 1, yieldEvery: "never" });
    const runId = await manager.uploadInitialModel(model);
    const loaded = await manager.downloadInitialModel();
    const other = await loadTfjsModel(tracker, { runId }, (handler) => loadLayersModel(handler));
    const values = (one: LayersModel): number[] => [...(one.predict(x()) as tf.Tensor).dataSync()];
    for (const one of [loaded as LayersModel, other]) expect(values(one)).toEqual(values(model));
    expect(loaded?.optimizer?.getConfig()["learningRate"]).toBe(0.25);
  });

  test("load a model from the artifacts of a run, too", async () => {
    const run = tracker.startRun();
    const manifest = [{ paths: ["a.bin", "b.bin"], weights: [{ name: "w", shape: [2], dtype: "float32" }] }];
    await run.logJson({ modelTopology: {}, weightsManifest: manifest, format: "layers-model" }, "net/model.json");
    await run.logArtifact(new Uint8Array([1, 2, 3, 4]), "net", { name: "a.bin" });
    await run.logArtifact(new Uint8Array([5, 6, 7, 8]), "net", { name: "b.bin" });
    await run.end("FINISHED", { until: "delivered" });
    const source = { runId: run.localId, name: "net" };
    const loaded = await loadTfjsModel(tracker, source, (handler) => handler.load());
    expect(loaded.weightSpecs).toEqual(manifest[0]?.weights);
    expect([...new Uint8Array(loaded.weightData as ArrayBuffer)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([
    ["no JSON", "{", "is no JSON"],
    ["no model", "null", "has no modelTopology"],
    ["no weights", '{"modelTopology":{}}', "has no weightsManifest"],
    ["a broken manifest", '{"modelTopology":{},"weightsManifest":[null]}', "names no paths"],
    ["a path that climbs out", '{"modelTopology":{},"weightsManifest":[{"paths":["../x"],"weights":[]}]}', '"../x"'],
    ["an address", '{"modelTopology":{},"weightsManifest":[{"paths":["http://a/b"],"weights":[]}]}', '"http://a/b"'],
  ])("refuse a model.json with %s", async (_, text, message) => {
    const run = tracker.startRun();
    await run.logText(text, "model/model.json");
    const loading = loadTfjsModel(tracker, { runId: run.localId }, (handler) => handler.load());
    await expect(loading).rejects.toThrow(ValidationError);
    await expect(loading).rejects.toThrow(message);
    await run.end();
  });

  test("say which model is not there, and what names none", async () => {
    const run = tracker.startRun();
    await run.end("FINISHED", { until: "delivered" });
    const load = (source: never): Promise<unknown> => loadTfjsModel(tracker, source, (handler) => handler.load());
    await expect(load({ runId: run.localId } as never)).rejects.toThrow(NotFoundError);
    await expect(load({ modelId: `m-${"0".repeat(32)}` } as never)).rejects.toThrow(NotFoundError);
    await expect(load("best" as never)).rejects.toThrow('current value is "best"');
  });
});
