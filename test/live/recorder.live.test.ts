import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { createTracker } from "../../src/index.ts";
import { sqliteQueue } from "../../src/queue/sqlite.ts";
import { createRecorder, recreateEnvironment } from "../../src/recorder/index.ts";
import type { Alert, AlertRule, Recorder, RecorderOptions, RecorderSettings } from "../../src/recorder/index.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { repository, runtimeOf, write } from "../recorder/environment/project.ts";
import { room } from "./support/room.ts";

const trackingUri = inject("trackingUri");
const client = createClient({ trackingUri });
const execute = promisify(execFile);
const project = `field study ${Date.now()}`;

/** A process with a queue file of its own or with that of an earlier one, as far as the server can tell. */
function processOf(path: string, runtime?: Runtime): (settings?: RecorderSettings) => Tracker {
  return ({ experiment, delivery } = {}) =>
    createTracker({
      trackingUri,
      queue: sqliteQueue({ path }),
      ...(experiment !== undefined && { experiment }),
      ...(delivery !== undefined && { delivery }),
      ...(runtime !== undefined && { runtime }),
      onProblem: () => {},
    });
}
const recorderOf = (path: string, options: Partial<RecorderOptions> = {}): Recorder =>
  createRecorder({ tracker: processOf(path), name: "walk", project, environment: false, ...options });
const queuePath = async (): Promise<string> => join(await room(), "queue.db");

describe("a recording on a real MLflow", () => {
  test("S3.1 S3.4 is kept OFFLINE, sent ONLINE, and taken up by a later process, all once", async () => {
    const path = await queuePath();
    let opened: Tracker | undefined;
    const tracker = (settings: RecorderSettings): Tracker => {
      opened = processOf(path)(settings);
      return opened;
    };
    const first = recorderOf(path, { name: "modes", mode: "OFFLINE", tracker });
    const { recordingId, run } = await first.start();
    for (let step = 0; step < 500; step++) {
      first.addRecord({ loss: step / 7 }, { step });
      // It goes ONLINE for the first time after the 100th.
      if (step === 98) expect(await client.experiments.getByName(project)).toBeUndefined();
      if (step % 100 === 99) first.setMode(first.mode === "ONLINE" ? "OFFLINE" : "ONLINE");
    }
    first.setMode("ONLINE");
    const runId = await run.runId();
    // The steps go on where they are in the queue file and on the server: the rest has to be in one of them.
    await opened?.flush({ until: "durable" });
    const second = recorderOf(path, { name: "modes" });
    await second.attach(recordingId);
    second.addRecord({ loss: -1 });
    await second.stop();
    await first.stop();
    const points = await client.metrics.history({ runId, key: "loss" }).all();
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 501 }, (_, step) => step));
    await expect(recorderOf(path, { name: "nobody" }).attach()).rejects.toThrow("no active one of that name");
  });

  test("S3.4 is taken up OFFLINE by id and by name before it was ever sent, and arrives as one run", async () => {
    const path = await queuePath();
    const offline = { name: "offline", mode: "OFFLINE" } as const;
    const first = recorderOf(path, { ...offline, hyperParameters: { lr: 0.1 }, notes: "windy" });
    const { recordingId } = await first.start();
    first.addRecord({ loss: 3 });
    await first.stop("FAILED");
    const second = recorderOf(path, { ...offline, hyperParameters: { seed: 7 } });
    await second.attach(recordingId);
    second.addRecord({ loss: 2 });
    await second.stop("FAILED");
    const third = recorderOf(path, offline);
    const recording = await third.attach();
    expect(recording.recordingId).toBe(recordingId);
    third.addRecord({ loss: 1 });
    third.setMode("ONLINE");
    await third.stop();
    const { experimentId } = (await client.experiments.getByName(project))!;
    const filter = "attributes.run_name = 'offline'";
    const { items } = await client.runs.search({ experimentIds: [experimentId], filter, view: "all" });
    expect(items.map(({ info, data }) => [info.status, data.params])).toEqual([["FINISHED", { lr: "0.1", seed: "7" }]]);
    expect(items[0]?.data.tags).toMatchObject({ "mlflow.note.content": "windy" });
    const { runId } = items[0]!.info;
    const points = await client.metrics.history({ runId, key: "loss" }).all();
    expect(points.map(({ step, value }) => [step, value])).toEqual([
      [0, 3],
      [1, 2],
      [2, 1],
    ]);
    const models = await client.loggedModels.search({ experimentIds: [experimentId] }).all();
    expect(models.filter(({ sourceRunId }) => sourceRunId === runId)).toHaveLength(1);
  });

  test("S3.2 S3.5 S3.8 says what is recorded, has a placeholder and a summary, also of one that is attached", async () => {
    const path = await queuePath();
    const options = {
      notes: "**sunny**",
      dataset: "penguins",
      modelClass: "softmax",
      hyperParameters: { lr: 0.1, layers: { hidden: 3 } },
      metadata: { place: "beach" },
    };
    const first = recorderOf(path, { ...options, name: "walk: 1" });
    const recording = await first.start();
    first.addRecord({ loss: 0.5 });
    first.summary({ trainingLoss: 0.5, epochs: 1 });
    const ids = await recording.ids();
    const second = recorderOf(path, { name: "walk: 1" });
    const again = await second.attach(recording.recordingId);
    second.addHyperParameters({ optimizer: "adam" });
    second.summary({ trainingLoss: 0.25, verdict: "good" });
    expect(await again.ids()).toEqual(ids);
    await second.stop();
    await first.stop();
    const { info, data, inputs } = await client.runs.get(ids.runId);
    expect(info).toMatchObject({ runName: "walk: 1", status: "FINISHED" });
    expect(ids.experimentUrl).toBe(`${trackingUri}/#/experiments/${info.experimentId}`);
    expect(data.params).toEqual({ lr: "0.1", "layers.hidden": "3", optimizer: "adam" });
    expect(data.metrics).toEqual({ loss: 0.5, "summary.trainingLoss": 0.25, "summary.epochs": 1 });
    expect(data.tags).toMatchObject({ "mlflow.note.content": "**sunny**", place: "beach", "summary.verdict": "good" });
    expect(inputs.datasets.map(({ dataset }) => dataset.name)).toEqual(["penguins"]);
    expect(await client.loggedModels.get(ids.modelId ?? "")).toMatchObject({
      modelType: "softmax",
      sourceRunId: ids.runId,
    });
    expect(() => second.summary({})).toThrow("it has stopped");
  });

  test("S3.3 sends in pieces as small as it is told", async () => {
    const sizes: number[] = [];
    const tracker = ({ experiment, delivery }: RecorderSettings) =>
      createTracker({
        trackingUri,
        ...(experiment !== undefined && { experiment }),
        ...(delivery !== undefined && { delivery }),
        async fetch(request) {
          const { metrics = [] } = request.url.endsWith("log-batch") ? await request.clone().json() : {};
          if (metrics.length > 0) sizes.push(metrics.length);
          return fetch(request);
        },
      });
    const recorder = recorderOf("", { tracker, batchSize: 7, batchProcessingInterval: 60_000 });
    await recorder.record(() => {
      for (let step = 0; step < 21; step++) recorder.addRecord({ loss: step });
    });
    expect(sizes).toEqual([7, 7, 7]);
  });

  test("S3.6 alerts once each across a crash, and has what no hook took posted by the next recording", async () => {
    const posts: { id: string; at: number }[] = [];
    let status = 503;
    const hook = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        if (status === 200) posts.push(JSON.parse(body));
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void hook.close());
    const alerts: Alert[] = [];
    const rule: AlertRule = {
      metric: "loss",
      operator: ">=",
      value: 2,
      cooldown: 0,
      webhook: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/secret`,
      onAlert: (alert) => void alerts.push(alert),
    };
    const path = await queuePath();
    const first = recorderOf(path, { name: "alerts" });
    first.attachAlertOn(rule);
    const { recordingId, run } = await first.start();
    const start = Date.now();
    first.addRecord({ loss: 2 }, { timestamp: start + 1000 });
    await run.history("loss");
    await first.stop("FAILED");
    const second = recorderOf(path, { name: "alerts" });
    second.attachAlertOn(rule);
    await second.attach(recordingId);
    for (const [n, loss] of [3, 1, 4].entries()) second.addRecord({ loss }, { timestamp: start + 2000 + n * 1000 });
    await second.stop();
    expect(alerts.map(({ at }) => at - start)).toEqual([1000, 4000]);
    status = 200;
    const third = recorderOf(path, { name: "later" });
    third.attachAlertOn(rule);
    await third.record(async (_, { run: later }) => void (await later.runId()));
    expect(posts.map(({ id, at }) => [id.split("/")[0], at - start])).toEqual([
      [recordingId, 1000],
      [recordingId, 4000],
    ]);
    const { data } = await client.runs.get(await runIdOf(recordingId));
    expect(data.tags["mlflow.tracklet.alertOwed.loss at least 2"]).toBe("none");
    expect(JSON.stringify(data.tags)).not.toContain("secret");
    expect(() => third.attachAlertOn({ metric: "loss", operator: "=>", value: 1 } as never)).toThrow(
      "operator must be",
    );
  });

  test("S3.7 keeps its environment, which is made again with its commit, its changes and its Python packages", async () => {
    const tree = await room();
    const commit = await repository(tree, { "package.json": '{"name":"walk"}', "train.mjs": "1\n" });
    await write(tree, { "train.mjs": "2\n", "new.mjs": "3\n", ".npmrc": "_authToken=planted-s3cret\n" });
    const runtime = runtimeOf(join(tree, "train.mjs"), { facts: { command: ["node", join(tree, "train.mjs")] } });
    const tracker = processOf(await queuePath(), runtime);
    const first = createRecorder({ tracker, name: "environment", project });
    const { recordingId } = await first.start();
    first.upsertPackageRequirements({ python: { six: "1.16.0" } });
    await first.stop();
    const second = createRecorder({ tracker, name: "environment", project });
    await second.attach(recordingId);
    second.upsertPackageRequirements({ python: { six: "1.17.0" } });
    await second.stop();
    const { data } = await client.runs.get(await runIdOf(recordingId));
    expect(data.tags).toMatchObject({
      "mlflow.source.git.commit": commit,
      "mlflow.tracklet.environment": "environment/environment.json",
      "mlflow.tracklet.package.python.six": "six==1.17.0",
    });
    const target = join(await room(), "again");
    const again = { tracker: processOf(await queuePath()), repository: tree };
    const made = await recreateEnvironment(recordingId, target, again);
    expect(made.problems.filter((problem) => !problem.startsWith("No lock file"))).toEqual([]);
    for (const [file, content] of [
      ["train.mjs", "2\n"],
      ["new.mjs", "3\n"],
      ["requirements.txt", "six==1.17.0\n"],
    ] as const) {
      expect(await readFile(join(target, file), "utf8")).toBe(content);
    }
    const { stdout } = await execute(join(target, ".venv/bin/python"), ["-c", "import six; print(six.__version__)"]);
    expect(stdout).toBe("1.17.0\n");
    await expect(recreateEnvironment(recordingId, target, again)).rejects.toThrow("must be an empty folder");
    const description = await (
      await client.artifacts.download(await runIdOf(recordingId), "environment/environment.json")
    ).text();
    expect(description).toContain(".npmrc");
    expect(description).not.toContain("s3cret");
  });
});

/** MLflow's id of a recording. */
async function runIdOf(recordingId: string): Promise<string> {
  const { experimentId } = (await client.experiments.getByName(project))!;
  const filter = `tags.\`mlflow.tracklet.runId\` = '${recordingId}'`;
  return (await client.runs.search({ experimentIds: [experimentId], filter })).items[0]!.info.runId;
}
