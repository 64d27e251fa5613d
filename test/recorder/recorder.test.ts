import { afterEach, describe, expect, test } from "vitest";
import { ConfigurationError, NetworkError, ValidationError } from "../../src/errors/index.ts";
import { createRecorder, type RecorderSettings } from "../../src/recorder/index.ts";
import type { Alert, AlertRule } from "../../src/tracker/types/alerts.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { unreachable, until, world as makeWorld, type World } from "./world.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function world(): Promise<World> {
  const made = await makeWorld();
  closers.push(made.close);
  return made;
}

describe("S3.1 setMode()", () => {
  test("keeps back and sends while it records, losing and doubling nothing", async () => {
    const { recorder: make, requests, client } = await world();
    const recorder = make({ mode: "OFFLINE" });
    const { run } = await recorder.start();
    for (let step = 0; step < 3000; step++) {
      recorder.addRecord({ loss: step / 7, accuracy: step });
      if (step === 500) expect(requests).toEqual([]);
      if (step % 500 === 499) recorder.setMode(recorder.mode === "ONLINE" ? "OFFLINE" : "ONLINE");
      if (step % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    recorder.setMode("ONLINE");
    const { runId } = (await recorder.stop()) && { runId: await run.runId() };
    for (const key of ["loss", "accuracy"]) {
      const points = await client.metrics.history({ runId, key }).all();
      expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 3000 }, (_, step) => step));
    }
  });

  test("sends from a tracker that another recorder paused when it is told to, and says so when it is not", async () => {
    const { recorder: make, open, requests } = await world();
    await using tracker = open();
    const first = make({ tracker, mode: "OFFLINE" });
    await first.record(() => first.addRecord({ loss: 1 }));
    const second = make({ tracker });
    expect((await second.register()) && second.mode).toBe("OFFLINE");
    expect((await second.stop()).pending.requests).toBeGreaterThan(0);
    expect(requests).toEqual([]);
    const third = make({ tracker, mode: "ONLINE" });
    const { pending } = (await third.register()) && (await third.stop());
    expect(pending).toEqual({ points: 0, requests: 0 });
  });

  test("refuses a word that is none, and goes on as before", async () => {
    const { recorder: make } = await world();
    const recorder = make();
    expect(() => recorder.setMode("offline" as "OFFLINE")).toThrow(
      'must be "ONLINE" or "OFFLINE": current value is "offline"',
    );
    expect(recorder.mode).toBe("ONLINE");
    expect(() => make({ mode: "off" as "OFFLINE" })).toThrow(ConfigurationError);
  });
});

describe("S3.2 createRecorder()", () => {
  const options = {
    notes: "**sunny**",
    dataset: "penguins",
    modelClass: "softmax",
    hyperParameters: { lr: 0.1, layers: { hidden: 3 } },
    metadata: { place: "beach", people: 2 },
  };

  test("says what is recorded, and says it again of one that is attached", async () => {
    const { recorder: make, client } = await world();
    const first = make(options);
    const { run, recordingId } = await first.start();
    await run.runId();
    // The process dies here; the next one knows only the id.
    const second = make({ ...options, metadata: { people: 3 } });
    await second.attach(recordingId);
    await second.stop();
    const { info, data, inputs } = await client.runs.get(await run.runId());
    expect(info).toMatchObject({ runName: "walk", status: "FINISHED" });
    expect((await client.experiments.get(info.experimentId)).name).toBe("field study");
    expect(data.params).toEqual({ lr: "0.1", "layers.hidden": "3" });
    expect(data.tags).toMatchObject({
      "mlflow.note.content": "**sunny**",
      "mlflow.tracklet.modelClass": "softmax",
      place: "beach",
      people: "3",
    });
    expect(inputs.datasets.map(({ dataset }) => dataset.name)).toEqual(["penguins"]);
  });

  test("refuses options that cannot work, with the cure", async () => {
    const { open } = await world();
    const make = (given: object) => () => createRecorder(given as Parameters<typeof createRecorder>[0]);
    expect(make({ name: "a" })).toThrow("tracker as it must be a tracker, or what opens one such as openTracker");
    expect(make({ tracker: open })).toThrow("name as it must be a text");
    expect(make({ tracker: open, name: "a", hyperparams: {} })).toThrow("unknown option hyperparams");
    await expect(createRecorder({ tracker: () => ({}) as never, name: "a" }).register()).rejects.toThrow(
      "must open a tracker",
    );
  });
});

describe("S3.3 createRecorder()", () => {
  test("closes a tracker that was opening when its scope was left", async () => {
    const { recorder: make, open } = await world();
    const closed: boolean[] = [];
    const opener = async (settings?: RecorderSettings): Promise<Tracker> => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const tracker = open(settings);
      const { close } = tracker;
      tracker.close = (options) => {
        closed.push(true);
        return close.call(tracker, options);
      };
      return tracker;
    };
    let registered: Promise<unknown>;
    {
      await using recorder = make({ tracker: opener });
      registered = recorder.register();
    }
    await registered;
    expect(closed).toEqual([true]);
  });

  test("takes the four settings of the queue in their own words", async () => {
    const made = await world();
    const sizes: number[] = [];
    made.fetch = async (request) => {
      if (request.url.endsWith("log-batch")) {
        const { metrics = [] } = (await request.clone().json()) as { metrics?: unknown[] };
        sizes.push(metrics.length);
      }
      return made.plain(request);
    };
    const recorder = made.recorder({ batchSize: 7, batchProcessingInterval: 60_000, registerBatchTimeout: 5000 });
    await recorder.record(() => {
      for (let step = 0; step < 21; step++) recorder.addRecord({ loss: step });
    });
    expect(sizes.filter((size) => size > 0)).toEqual([7, 7, 7]);
  });

  test("ends a request that hangs and a last drain that takes too long, and says what is left", async () => {
    const made = await world();
    let ended = 0;
    made.fetch = (request) =>
      new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => {
          ended++;
          reject(request.signal.reason);
        });
      });
    const recorder = made.recorder({ registerBatchTimeout: 40, syncDataTimeout: 150 });
    await recorder.start();
    recorder.addRecord({ loss: 1 });
    const { pending } = await recorder.stop();
    expect(pending.points).toBe(1);
    expect(ended).toBeGreaterThan(0);
  });

  test("refuses a setting out of bounds, and one for a tracker that is open already", async () => {
    const { recorder: make, open } = await world();
    expect(() => make({ batchSize: 5000 })).toThrow(
      "batchSize as it must be a number from 1 to 1000: current value is 5000",
    );
    await using tracker = open();
    expect(() => make({ tracker, syncDataTimeout: 1 })).toThrow("the tracker is open and has its own settings");
  });
});

describe("S3.4 attach()", () => {
  test("goes on after a crash by id and by name, with steps where they were", async () => {
    const { recorder: make, client, open } = await world();
    const first = make();
    const { recordingId, run } = await first.start();
    first.addRecord({ loss: 3 });
    await run.history("loss");
    const second = make();
    expect((await second.attach(recordingId)).recordingId).toBe(recordingId);
    second.addRecord({ loss: 2 });
    await (await second.register()).run.history("loss");
    await using tracker = open();
    const third = make({ tracker });
    await third.attach();
    third.addRecord({ loss: 1 });
    await third.stop();
    const points = await client.metrics.history({ runId: await run.runId(), key: "loss" }).all();
    expect(points.map(({ step, value }) => [step, value])).toEqual([
      [0, 3],
      [1, 2],
      [2, 1],
    ]);
    expect(tracker.startRun({ name: "after" }).name).toBe("after");
  });

  test("rejects where there is none or no network, and can be tried again", async () => {
    const made = await world();
    const recorder = made.recorder();
    await expect(recorder.attach()).rejects.toThrow("no active one of that name");
    const { recordingId, run } = await recorder.register();
    await run.runId();
    await expect(recorder.attach(recordingId)).rejects.toThrow("it has a recording");
    const other = made.recorder();
    made.fetch = unreachable;
    await expect(other.attach(recordingId, { timeout: 40 })).rejects.toThrow(NetworkError);
    made.fetch = made.plain;
    expect((await other.attach(recordingId)).recordingId).toBe(recordingId);
    await other.stop();
    await recorder.stop();
  });

  test("record() and await using end a recording as its body left it", async () => {
    const { recorder: make, client } = await world();
    const ids: Promise<string>[] = [];
    await make().record((_, { run }) => void ids.push(run.runId()));
    const failed = make().record((_, { run }) => {
      ids.push(run.runId());
      throw new RangeError("too steep");
    });
    await expect(failed).rejects.toThrow("too steep");
    {
      await using recorder = make();
      ids.push((await recorder.start()).run.runId());
    }
    const runs = await Promise.all(ids.map(async (id) => client.runs.get(await id)));
    expect(runs.map(({ info }) => info.status)).toEqual(["FINISHED", "FAILED", "FAILED"]);
    expect(runs[1]?.data.tags["mlflow.tracklet.error"]).toBe("RangeError: too steep");
  });
});

describe("S3.5 addRecord()", () => {
  test("adds records, hyper-parameters and a summary beside the series, also to one that is attached", async () => {
    const { recorder: make, client } = await world();
    const first = make();
    const { recordingId, run } = await first.start();
    first.addRecord({ loss: 0.5, accuracy: 0.8 }, { step: 10 });
    first.addHyperParameters({ optimizer: { name: "adam" } });
    first.summary({ trainingLoss: 0.5, epochs: 1 });
    await run.history("loss");
    const second = make();
    await second.attach(recordingId);
    second.addRecord({ loss: 0.25 });
    second.summary({ trainingLoss: 0.25, validationAccuracy: 0.9, epochs: 2, verdict: "good" });
    await second.stop();
    const { data } = await client.runs.get(await run.runId());
    expect(data.metrics).toEqual({
      loss: 0.25,
      accuracy: 0.8,
      "summary.trainingLoss": 0.25,
      "summary.validationAccuracy": 0.9,
      "summary.epochs": 2,
    });
    expect(data.latestMetrics.find(({ key }) => key === "loss")?.step).toBe(11);
    expect(data.params).toEqual({ "optimizer.name": "adam" });
    expect(data.tags["summary.verdict"]).toBe("good");
  });

  test("refuses what comes too early or too late, and a bad value costs itself only", async () => {
    const { recorder: make, problems } = await world();
    const recorder = make();
    expect(() => recorder.addHyperParameters({ a: 1 })).toThrow("await recorder.register() first");
    await expect(recorder.stop()).rejects.toThrow("it is not registered");
    await recorder.register();
    expect(() => recorder.addRecord({ loss: 1 })).toThrow("await recorder.start() first");
    await recorder.start();
    recorder.addRecord({ loss: 1, note: "x" as unknown as number });
    const report = await recorder.stop();
    expect([report.pending.points, report.quarantined.points]).toEqual([0, 1]);
    expect(problems.filter(({ kind }) => kind === "invalid-value").map(({ key }) => key)).toEqual(["note"]);
    expect(() => recorder.addRecord({ loss: 1 })).toThrow(ValidationError);
    expect(() => recorder.summary({})).toThrow("it has stopped");
  });
});

describe("S3.6 attachAlertOn()", () => {
  test("alerts offline, before and after a crash once each, with the true time", async () => {
    const { recorder: make, open } = await world();
    const tracker = open();
    const alerts: Alert[] = [];
    const rule: AlertRule = {
      metric: "loss",
      operator: ">=",
      value: 2,
      cooldown: 0,
      text: "diverges",
      onAlert: (alert) => void alerts.push(alert),
    };
    const first = make({ mode: "OFFLINE", tracker });
    first.attachAlertOn(rule);
    const { recordingId, run } = await first.start();
    first.addRecord({ loss: 2 }, { timestamp: 1_900_000_000_000 });
    await tracker.flush({ until: "durable" });
    expect(alerts.map(({ at, text }) => [at, text])).toEqual([[1_900_000_000_000, "diverges"]]);
    first.setMode("ONLINE");
    await run.history("loss");
    const second = make();
    second.attachAlertOn(rule);
    await second.attach(recordingId);
    second.addRecord({ loss: 3 }, { timestamp: 1_900_000_001_000 });
    second.addRecord({ loss: 1 }, { timestamp: 1_900_000_002_000 });
    second.addRecord({ loss: 4 }, { timestamp: 1_900_000_003_000 });
    await second.stop();
    expect(alerts.map(({ at }) => at - 1_900_000_000_000)).toEqual([0, 3000]);
  });

  test("throws for a rule that cannot work", async () => {
    const { recorder: make } = await world();
    const rule = { metric: "loss", operator: "=>", value: 1 } as unknown as AlertRule;
    expect(() => make().attachAlertOn(rule)).toThrow('operator must be one of > >= < <= == !=: current value is "=>"');
  });
});

describe("S3.8 register()", () => {
  test("gives an id at once without a network, and the others when the server tells them", async () => {
    const made = await world();
    made.fetch = unreachable;
    const recorder = made.recorder({ name: "walk: 1/2", modelClass: "softmax" });
    const recording = await recorder.register();
    expect(recording.recordingId).not.toBe("");
    expect([recording.modelId, recording.experimentUrl]).toEqual([undefined, undefined]);
    await expect(recording.ids({ timeout: 30 })).rejects.toThrow(NetworkError);
    made.fetch = made.plain;
    await until(() => recording.modelId?.startsWith("m-") === true);
    const { runId, modelId, experimentUrl } = await recording.ids();
    const { info } = await made.client.runs.get(runId);
    expect(experimentUrl).toBe(`http://localhost:5000/#/experiments/${info.experimentId}`);
    const model = await made.client.loggedModels.get(modelId ?? "");
    expect(model).toMatchObject({ name: "walk_ 1_2", modelType: "softmax", sourceRunId: runId });
    expect([recording.modelId, recording.experimentUrl]).toEqual([modelId, experimentUrl]);
    // A process that comes after a crash finds the same, and makes no other.
    const second = made.recorder({ name: "walk: 1/2" });
    const again = await second.attach(recording.recordingId);
    expect(await again.ids()).toEqual({ runId, modelId, experimentUrl });
    await second.stop();
    expect(await made.client.loggedModels.search({ experimentIds: [info.experimentId] }).all()).toHaveLength(1);
  });

  test("has no model on a server that has none, and everything else", async () => {
    const made = await world();
    made.fetch = async (request) => {
      if (request.url.endsWith("/version")) return new Response("2.22.5");
      return request.url.includes("logged-models") ? new Response("Not Found", { status: 404 }) : made.plain(request);
    };
    const recorder = made.recorder();
    const recording = await recorder.start();
    recorder.addRecord({ loss: 1 });
    const { pending } = await recorder.stop();
    expect(pending).toEqual({ points: 0, requests: 0 });
    expect(recording.modelId).toBeUndefined();
    expect((await made.client.runs.get(await recording.run.runId())).data.metrics).toEqual({ loss: 1 });
  });
});
