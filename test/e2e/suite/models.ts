import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigurationError, ValidationError } from "../../../src/errors/index.ts";
import { type CreateTarget, type ServerFaults, type Target, withBench } from "./target.ts";

/** Logged models: made with files, params and tags of their own, online and offline. */
export function modelSuite(createTarget: CreateTarget, { release2 = false }: ServerFaults = {}): void {
  let target: Target;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("logged models", () => {
    if (release2) {
      test("S2.4 logModel() keeps the files in the run where the server has no logged models, and says so once", async () => {
        await withBench(target, {}, async ({ tracker, client, problems }) => {
          const run = tracker.startRun();
          const net = await run.logModel({ "data/w.bin": new Uint8Array([1, 2, 3]) }, { name: "net" });
          await run.logModel({ "a.txt": "a" });
          run.logMetric("acc", 0.5, { model: net });
          await run.end();
          const report = await tracker.flush();
          expect([report.pending, report.parked, report.quarantined]).toEqual(
            Array.from({ length: 3 }, () => ({ points: 0, requests: 0 })),
          );
          await expect(net.modelId()).rejects.toThrow(ConfigurationError);
          const runId = await run.runId();
          expect(await client.artifacts.list(runId, "net/data")).toEqual([
            { path: "net/data/w.bin", isDirectory: false, size: 3 },
          ]);
          expect((await client.artifacts.list(runId, "model")).map(({ path }) => path)).toEqual(["model/a.txt"]);
          expect((await tracker.getRun(runId)).data.metrics).toEqual({ acc: 0.5 });
          const { models, verified } = await run.receipt({ verify: true });
          expect(verified).toBe(true);
          expect(
            models?.map(({ modelId, lines }) => [modelId, lines.map(({ key, readBack }) => [key, readBack])]),
          ).toEqual([
            [`${runId}/net`, expect.arrayContaining([["data/w.bin", 1]])],
            [`${runId}/model`, [["a.txt", 1]]],
          ]);
          const told = problems.filter(({ kind }) => kind === "unsupported");
          expect(told).toHaveLength(1);
          expect(told[0]?.message).toContain("MLflow 2");
        });
      });
      return;
    }

    test("S2.4 logModel() makes a READY model with files, params, tags, metrics and its run", async () => {
      await withBench(target, {}, async ({ tracker, client, problems }) => {
        const run = tracker.startRun({ name: "train" });
        const weights = new Uint8Array([1, 2, 3]);
        const logging = run.logModel(
          { "data/w ü.bin": weights, "labels.txt": "cat\n", empty: new Blob([]) },
          { name: "net", type: "tfjs", step: 3, params: { layers: [4, 2], opt: { lr: 0.1 } }, tags: { stage: "dev" } },
        );
        weights.fill(9);
        const model = await logging;
        run.logMetric("acc", 0.5, { step: 1, model });
        run.logMetric("acc", 0.75, { model });
        run.logMetric("loss", 0.1);
        const modelId = await model.modelId();
        const runId = await run.runId();
        const { outputs, data } = await tracker.getRun(runId);
        expect(outputs.models).toEqual([{ modelId, step: 3 }]);
        expect(data.metrics).toEqual({ acc: 0.75, loss: 0.1 });
        await tracker.flush();
        const found = await client.loggedModels.get(modelId);
        expect(found).toMatchObject({
          name: "net",
          modelType: "tfjs",
          status: "READY",
          sourceRunId: runId,
          params: { layers: "[4,2]", "opt.lr": "0.1" },
          tags: { stage: "dev", "mlflow.tracklet.modelId": model.localId },
        });
        expect(found.metrics.map(({ key, value, step }) => [key, value, step]).sort()).toEqual([
          ["acc", 0.5, 1],
          ["acc", 0.75, 2],
        ]);
        expect((await client.loggedModels.listArtifacts(modelId)).map(({ path, size }) => [path, size])).toEqual([
          ["data", undefined],
          ["empty", 0],
          ["labels.txt", 4],
        ]);
        const body = await client.loggedModels.downloadArtifact(modelId, "data/w ü.bin");
        expect([...new Uint8Array(await body.arrayBuffer())]).toEqual([1, 2, 3]);
        const history = await run.history("acc");
        expect(history.map(({ step }) => step)).toEqual([1, 2]);
        const receipt = await run.receipt({ verify: true });
        expect(receipt.verified).toBe(true);
        expect(receipt.models).toMatchObject([{ model: model.localId, modelId }]);
        const lines = receipt.models?.[0]?.lines.map(({ kind, key, acknowledged, readBack }) => [
          `${kind} ${key}`,
          acknowledged,
          readBack,
        ]);
        expect(lines?.sort()).toEqual([
          ["artifact data/w ü.bin", 1, 1],
          ["artifact empty", 1, 1],
          ["artifact labels.txt", 1, 1],
          ["metric acc", 2, 2],
        ]);
        expect(receipt.toHTML()).toContain(`  model ${modelId}\n    artifact data/w ü.bin: 1 logged`);
        expect(problems).toEqual([]);
      });
    });

    test("S2.4 logModel() made offline first is delivered whole, once, with its run", async () => {
      await withBench(target, { delivery: { mode: "manual" } }, async ({ tracker, client }) => {
        const run = tracker.startRun();
        const models = [];
        for (const name of ["a", "b"]) models.push(await run.logModel({ "w.bin": new Uint8Array(8) }, { name }));
        run.logMetric("acc", Number.NaN, { model: models[1]! });
        await run.end();
        await tracker.flush();
        const { info, outputs } = await tracker.getRun(run.localId);
        expect(info.status).toBe("FINISHED");
        const found = await client.loggedModels.search({ experimentIds: [info.experimentId], orderBy: "name" }).all();
        expect(found.map(({ name, status, sourceRunId }) => [name, status, sourceRunId])).toEqual([
          ["a", "READY", info.runId],
          ["b", "READY", info.runId],
        ]);
        expect(new Set(outputs.models.map(({ modelId }) => modelId))).toEqual(
          new Set(found.map(({ modelId }) => modelId)),
        );
        expect(await models[0]!.modelId()).toBe(found[0]!.modelId);
        expect(found[1]!.metrics.map(({ key }) => key)).toEqual(["acc"]);
        for (const { modelId } of found) {
          expect((await client.loggedModels.listArtifacts(modelId)).map(({ path }) => path)).toEqual(["w.bin"]);
        }
      });
    });
  });

  const refused: [string, unknown, object][] = [
    ["a name with a slash", { "w.bin": "w" }, { name: "a/b" }],
    ["an empty name", { "w.bin": "w" }, { name: "" }],
    ["a name that is no text", { "w.bin": "w" }, { name: 5 }],
    ["a step with a fraction", { "w.bin": "w" }, { step: 1.5 }],
    ["a path that climbs out", { "../w.bin": "w" }, {}],
    ["a file that is a number", { "w.bin": 5 }, {}],
    ["files that are a list", ["w.bin"], {}],
    ["files that are null", null, {}],
    ["a Blob without a path", new Blob(["w"]), {}],
    ["params that are a text", { "w.bin": "w" }, { params: "lr" }],
    ["a param with a bad key", { "w.bin": "w" }, { params: { "a//b": 1 } }],
    ["a type that is no text", { "w.bin": "w" }, { type: 5 }],
  ];

  test("logModel() rejects what cannot be a model, and makes nothing", async () => {
    await withBench(target, {}, async ({ tracker }) => {
      const run = tracker.startRun();
      for (const [what, files, options] of refused) {
        await expect(run.logModel(files as never, options), what).rejects.toThrow(ValidationError);
      }
      const good = { "w.bin": new Uint8Array(1) };
      await expect(run.logModel(good, "net" as unknown as object)).rejects.toThrow(
        "its options must be an object with any of name, type",
      );
      await expect(run.logModel(good, { nmae: "net" } as object)).rejects.toThrow("Cannot use the unknown option nmae");
      expect((await tracker.getRun(run.localId)).outputs.models).toEqual([]);
      await run.end();
    });
  });
}
