import { describe, expect, test } from "vitest";
import {
  AlreadyExistsError,
  BadRequestError,
  isConfigurationError,
  NotFoundError,
  ServerError,
} from "../../../src/errors/index.ts";
import { type Client, filter, type MetricPoint } from "../../../src/client/index.ts";
import { rejection } from "./fake-server.ts";

/** A name that no other test has taken. */
function fresh(prefix: string): string {
  return `${prefix} ${crypto.randomUUID()}`;
}

/** True for MLflow 2, whose artifact routes can do less. */
async function isOld(client: Client): Promise<boolean> {
  return (await client.server.version()).startsWith("2.");
}

/**
 * What the client promises, checked on a server that really keeps things.
 *
 * @param connect Gives a client of the server, the same server each time.
 */
export function clientSession(name: string, connect: () => Promise<Client>): void {
  const newRun = async (client: Client): Promise<{ experimentId: string; runId: string }> => {
    const experimentId = await client.experiments.create({ name: fresh("session") });
    const { info } = await client.runs.create({ experimentId, name: "r" });
    return { experimentId, runId: info.runId };
  };

  describe(name, () => {
    test("says its version and that it is well", async () => {
      const { server } = await connect();
      expect(await server.version()).toMatch(/^\d+\.\d+/);
      expect(await server.health()).toBe(true);
    });

    test("experiments live through all their states", async () => {
      const { experiments } = await connect();
      const called = fresh("größe 🎉");
      const id = await experiments.create({ name: called, tags: { team: "a" } });
      expect(await rejection(experiments.create({ name: called }))).toBeInstanceOf(AlreadyExistsError);
      expect(await experiments.getByName(called)).toMatchObject({ experimentId: id, tags: { team: "a" } });
      expect(await experiments.getByName(fresh("none"))).toBeUndefined();
      await experiments.setTag(id, "note", "");
      await experiments.update(id, { name: `${called}!` });
      await experiments.delete(id);
      expect(await rejection(experiments.delete(id))).toBeInstanceOf(NotFoundError);
      expect(await experiments.get(id)).toMatchObject({ lifecycleStage: "deleted", tags: { note: "" } });
      await experiments.restore(id);
      const found = await experiments.search({ filter: filter`name = ${`${called}!`}` });
      expect(found.items.map(({ experimentId }) => experimentId)).toEqual([id]);
    });

    test("runs keep what is logged, once", async () => {
      const { runs, ...client } = await connect();
      const { runId } = await newRun({ runs, ...client });
      const metrics: MetricPoint[] = [
        { key: "val/loss", value: 0.5, timestamp: 1_700_000_000_000, step: 0 },
        { key: "val/loss", value: 0.25, timestamp: 1_700_000_000_001, step: 1 },
        { key: "nan", value: Number.NaN, timestamp: 1_700_000_000_001, step: -3 },
        { key: "inf", value: Number.NEGATIVE_INFINITY, timestamp: 1_700_000_000_001, step: 2 ** 53 - 1 },
      ];
      const batch = { runId, metrics, params: [{ key: "lr", value: "0.1" }], tags: [{ key: "ключ", value: "🎉" }] };
      await runs.logBatch(batch);
      await runs.logBatch({ runId, metrics: metrics.slice(0, 2), params: batch.params });
      await runs.logMetric(runId, { key: "acc", value: 5e-324, timestamp: 1, step: 0 });
      await runs.logParam(runId, "opt.name", "adam");
      await runs.setTag(runId, "gone", "soon");
      await runs.deleteTag(runId, "gone");
      await runs.update(runId, { status: "FINISHED", endTime: 1_700_000_009_000, name: "done" });

      const run = await runs.get(runId);
      expect(run.info).toMatchObject({ status: "FINISHED", endTime: 1_700_000_009_000, runName: "done" });
      expect(run.data.params).toEqual({ lr: "0.1", "opt.name": "adam" });
      expect(run.data.tags).toMatchObject({ ключ: "🎉", "mlflow.runName": "done" });
      expect(run.data.tags["gone"]).toBeUndefined();
      expect(run.data.metrics).toEqual({
        "val/loss": 0.25,
        nan: Number.NaN,
        inf: -Number.MAX_VALUE,
        acc: 5e-324,
      });
      const history = await client.metrics.history({ runId, key: "val/loss" }).all();
      expect(history).toEqual(metrics.slice(0, 2));
      const [inf] = await client.metrics.history({ runId, key: "inf" }).all();
      expect(inf?.step).toBe(2 ** 53 - 1);
    });

    test("a param is written once", async () => {
      const client = await connect();
      const { runId } = await newRun(client);
      await client.runs.logParam(runId, "lr", "0.1");
      await client.runs.logParam(runId, "lr", "0.1");
      expect(await rejection(client.runs.logParam(runId, "lr", "0.2"))).toBeInstanceOf(BadRequestError);
    });

    test("a body of bytes arrives whole", async () => {
      const client = await connect();
      const { runId } = await newRun(client);
      const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: "a", value: step, timestamp: 1, step }));
      const body = new TextEncoder().encode(JSON.stringify({ run_id: runId, metrics }));
      await client.runs.logBatchBody(body);
      expect(await client.metrics.history({ runId, key: "a" }).all()).toHaveLength(1000);
    });

    test("histories and searches come in pages", async () => {
      const client = await connect();
      const { runId, experimentId } = await newRun(client);
      const metrics = Array.from({ length: 7 }, (_, step) => ({ key: "a", value: step, timestamp: step, step }));
      await client.runs.logBatch({ runId, metrics });
      const steps: number[] = [];
      for await (const { step } of client.metrics.history({ runId, key: "a", maxResults: 3 })) steps.push(step);
      expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6]);

      for (const run of ["b", "c", "d"]) await client.runs.create({ experimentId, name: run });
      const first = await client.runs.search({ experimentIds: [experimentId], maxResults: 3, orderBy: "run_name ASC" });
      expect(first.items.map(({ info }) => info.runName)).toEqual(["b", "c", "d"]);
      const second = await first.next();
      expect(second?.items.map(({ info }) => info.runName)).toEqual(["r"]);
      expect(await second?.next()).toBeUndefined();
    });

    test("a filter finds what its values say", async () => {
      const client = await connect();
      const { runId, experimentId } = await newRun(client);
      const values = [
        "it's",
        'say "hi"',
        "a; DROP TABLE runs",
        "-- x",
        "%_",
        "ä 🎉",
        "back\\slash",
        "(1, 2)",
        "a''b",
        "line\nbreak",
      ];
      const tags = values.map((value, index) => ({ key: `t ${index}`, value }));
      await client.runs.logBatch({ runId, tags, metrics: [{ key: "val/loss", value: 0.5, timestamp: 1, step: 0 }] });
      const loss = filter`metrics.${filter.key("val/loss")} = ${0.5}`;
      for (const { key, value } of tags) {
        const search = async (text: string): Promise<number> => {
          const both = filter.and(filter`tags.${filter.key(key)} = ${text}`, loss);
          return (await client.runs.search({ experimentIds: [experimentId], filter: both })).items.length;
        };
        expect([value, await search(value)]).toEqual([value, 1]);
        expect([value, await search(`${value}x`)]).toEqual([value, 0]);
      }
    });

    test("datasets are kept", async () => {
      const client = await connect();
      const { runId } = await newRun(client);
      const dataset = {
        name: "iris",
        digest: "d1",
        sourceType: "local",
        source: "{}",
        schema: undefined,
        profile: "p",
      };
      const input = { dataset, tags: { "mlflow.data.context": "training" } };
      await client.runs.logInputs(runId, [input]);
      await client.runs.logInputs(runId, [input]);
      const [kept, ...others] = (await client.runs.get(runId)).inputs.datasets;
      expect(kept).toMatchObject({ dataset: { name: "iris", digest: "d1", profile: "p" }, tags: input.tags });
      expect(others).toEqual([]);
    });

    test("a deleted run takes no writes until it is restored", async () => {
      const client = await connect();
      const { runId, experimentId } = await newRun(client);
      await client.runs.delete(runId);
      expect(await rejection(client.runs.setTag(runId, "a", "b"))).toBeInstanceOf(BadRequestError);
      const find = async (view: "active" | "deleted" | "all"): Promise<number> =>
        (await client.runs.search({ experimentIds: [experimentId], view })).items.length;
      expect([await find("active"), await find("deleted"), await find("all")]).toEqual([0, 1, 1]);
      await client.runs.restore(runId);
      await client.runs.setTag(runId, "a", "b");
    });

    test("artifacts come back under the names they were given", async () => {
      const client = await connect();
      const { runId } = await newRun(client);
      const { artifactUri } = (await client.runs.get(runId)).info;
      const names = [
        "a.txt",
        "dir/sub/b.json",
        "sp ace +&=.txt",
        "файл 🎉.txt",
        "que?ry",
        "100%.txt",
        "a..b",
        ".hidden",
        "q'u\"o",
        "co:lon",
      ];
      // MLflow 2 cannot send a file whose name is not ASCII.
      if (await isOld(client)) names.splice(names.indexOf("файл 🎉.txt"), 1);
      for (const path of names) {
        await client.artifacts.upload(runId, path, `<${path}>`, { artifactUri });
        expect(await (await client.artifacts.download(runId, path, { artifactUri })).text()).toBe(`<${path}>`);
      }
      const root = await client.artifacts.list(runId);
      expect(root.map(({ path }) => path).sort()).toEqual(
        [...names.filter((path) => !path.includes("/")), "dir"].sort(),
      );
      expect(await client.artifacts.list(runId, "dir/sub")).toEqual([
        { path: "dir/sub/b.json", isDirectory: false, size: 16 },
      ]);
    });

    test("artifacts are overwritten, read in ranges, empty, and deleted", async () => {
      const client = await connect();
      const { runId } = await newRun(client);
      const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
      await client.artifacts.upload(runId, "w.bin", "old");
      await client.artifacts.upload(runId, "w.bin", new Blob([bytes]));
      const back = await (await client.artifacts.download(runId, "w.bin")).arrayBuffer();
      expect(new Uint8Array(back)).toEqual(bytes);
      const part = await client.artifacts.download(runId, "w.bin", { range: { start: 2, end: 4 } });
      const old = await isOld(client);
      const read = new Uint8Array(await part.arrayBuffer());
      expect([part.status, read.length]).toEqual(old ? [200, 70_000] : [206, 3]);
      if (!old) expect([...read]).toEqual([2, 3, 4]);
      await client.artifacts.upload(runId, "empty", new Uint8Array());
      expect((await client.artifacts.list(runId)).find(({ path }) => path === "empty")?.size).toBe(0);
      await client.artifacts.delete(runId, "w.bin");
      await client.artifacts.delete(runId, "w.bin");
      const missing = await rejection(client.artifacts.download(runId, "w.bin", { retry: false }));
      expect(missing).toBeInstanceOf(old ? ServerError : NotFoundError);
      expect(await client.artifacts.list(runId, "nowhere")).toEqual([]);
    });

    test("a run whose artifacts lie elsewhere is told with the cure", async () => {
      const client = await connect();
      const artifactLocation = `s3://bucket/${crypto.randomUUID()}`;
      const experimentId = await client.experiments.create({ name: fresh("s3"), artifactLocation });
      const { info } = await client.runs.create({ experimentId });
      expect(isConfigurationError(await rejection(client.artifacts.upload(info.runId, "a", "x")))).toBe(true);
    });

    test("what does not exist is not found", async () => {
      const client = await connect();
      expect(await rejection(client.runs.get("0".repeat(32)))).toBeInstanceOf(NotFoundError);
      expect(await rejection(client.experiments.get("999999999"))).toBeInstanceOf(NotFoundError);
      expect(await client.metrics.history({ runId: "0".repeat(32), key: "a" }).all()).toEqual([]);
    });

    test("logged models keep their files, params, tags and metrics, and are found", async () => {
      const client = await connect();
      if (await isOld(client)) return;
      const { experimentId, runId } = await newRun(client);
      const { loggedModels, runs } = client;
      const made = await loggedModels.create({ experimentId, name: "net", sourceRunId: runId, params: { lr: "0.1" } });
      const { modelId } = made;
      expect(made).toMatchObject({ status: "PENDING", sourceRunId: runId, params: { lr: "0.1" }, tags: {} });
      await loggedModels.logParams(modelId, { depth: "3" });
      await loggedModels.setTags(modelId, { stage: "first", gone: "x" });
      await loggedModels.deleteTag(modelId, "gone");
      await loggedModels.uploadArtifact(modelId, "data/w ü.bin", new Uint8Array([1, 2, 3]));
      await loggedModels.uploadArtifact(modelId, "MLmodel", "flavors: {}");
      expect((await loggedModels.listArtifacts(modelId)).map(({ path }) => path)).toEqual(["MLmodel", "data"]);
      expect(await loggedModels.listArtifacts(modelId, "data")).toEqual([
        { path: "data/w ü.bin", isDirectory: false, size: 3 },
      ]);
      const body = await loggedModels.downloadArtifact(modelId, "data/w ü.bin", { range: { start: 1 } });
      expect([...new Uint8Array(await body.arrayBuffer())]).toEqual([2, 3]);
      const point = { key: "acc", value: 0.5, timestamp: 7, step: 2, modelId, datasetName: "iris", datasetDigest: "d" };
      await runs.logBatch({ runId, metrics: [point] });
      await runs.logBatch({ runId, metrics: [point] });
      await runs.logOutputs(runId, [{ modelId, step: 2 }]);
      await runs.logModelInputs(runId, [modelId]);
      expect((await loggedModels.finalize(modelId, "READY")).status).toBe("READY");
      const query = { experimentIds: [experimentId], orderBy: "metrics.acc DESC" };
      const filters = ["metrics.acc > 0.4 AND params.depth = '3'", "tags.stage = 'first' AND name LIKE 'n%'"];
      for (const filter of filters) expect(await loggedModels.search({ ...query, filter }).all()).toHaveLength(1);
      expect(await loggedModels.get(modelId)).toMatchObject({
        params: { lr: "0.1", depth: "3" },
        tags: { stage: "first" },
        metrics: [{ key: "acc", value: 0.5, step: 2, runId, datasetName: "iris", datasetDigest: "d" }],
      });
      const run = await runs.get(runId);
      expect([run.inputs.models, run.outputs.models]).toEqual([[modelId], [{ modelId, step: 2 }]]);
      await loggedModels.delete(modelId);
      expect(await rejection(loggedModels.get(modelId))).toBeInstanceOf(NotFoundError);
      expect((await loggedModels.get(modelId, { deleted: true })).name).toBe("net");
      expect(await loggedModels.search(query).all()).toEqual([]);
    });

    test("datasets of an experiment are listed with their contexts", async () => {
      const { datasets, ...client } = await connect();
      const { experimentId, runId } = await newRun({ datasets, ...client });
      const dataset = {
        name: "iris",
        digest: "d",
        sourceType: "local",
        source: "{}",
        schema: undefined,
        profile: undefined,
      };
      await client.runs.logInputs(runId, [{ dataset, tags: { "mlflow.data.context": "training" } }]);
      expect(await datasets.search([experimentId])).toEqual([
        { experimentId, name: "iris", digest: "d", context: "training" },
      ]);
    });
  });
}
