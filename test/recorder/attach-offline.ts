import { expect } from "vitest";
import { createTracker } from "../../src/index.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import type { Recorder, RecorderSettings } from "../../src/recorder/index.ts";
import type { Alert, AlertRule } from "../../src/tracker/types/alerts.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { hastyClock } from "../support/hasty-clock.ts";
import { unreachable, type World } from "./world.ts";

const T = 1_900_000_000_000;

/** An opener of trackers over one storage, each as of a process of its own; `close` ends those that were left. */
export function processes(
  made: World,
  storage: () => QueueStorage,
): { open: (settings?: RecorderSettings) => Tracker; close: () => Promise<void> } {
  const trackers: Tracker[] = [];
  const open = ({ experiment, delivery }: RecorderSettings = {}): Tracker => {
    const tracker = createTracker({
      trackingUri: "http://localhost:5000",
      fetch: (request) => {
        made.requests.push(new URL(request.url).pathname);
        return made.fetch(request);
      },
      queue: storage(),
      runtime: { clock: hastyClock(10) },
      ...(experiment !== undefined && { experiment }),
      delivery: { flushInterval: 20, ...delivery },
      onProblem: (problem) => void made.problems.push(problem),
    });
    trackers.push(tracker);
    return tracker;
  };
  const close = async (): Promise<void> => {
    // The runs that they have open wait for ever: nobody asks what became of them.
    for (const tracker of trackers) await tracker.close({ timeout: 0 });
  };
  return { open, close };
}

/**
 * A recording that is made without a network by three processes, of which the first two are gone without a word: the second
 * finds it by its id, the third by its name; then the server is back.
 */
export async function goesOnOffline(made: World, storage: () => QueueStorage): Promise<void> {
  const { open, close } = processes(made, storage);
  const alerts: Alert[] = [];
  const rule: AlertRule = {
    metric: "loss",
    operator: ">",
    value: 2,
    records: 2,
    text: "diverges",
    onAlert: (alert) => void alerts.push(alert),
  };
  made.fetch = unreachable;
  const process = (options: object = {}): { tracker: Tracker; recorder: Recorder } => {
    const tracker = open({ experiment: "field study" });
    const recorder = made.recorder({ tracker, mode: "OFFLINE", ...options });
    recorder.attachAlertOn(rule);
    return { tracker, recorder };
  };

  const one = process({
    notes: "**sunny**",
    modelClass: "softmax",
    hyperParameters: { lr: 0.1, layers: { hidden: 3 } },
  });
  const { recordingId } = await one.recorder.start();
  one.recorder.addRecord({ loss: 1, accuracy: 0.1 }, { timestamp: T });
  one.recorder.addRecord({ loss: 3 }, { timestamp: T + 1 });
  await one.tracker.flush({ until: "durable" });

  const two = process({ hyperParameters: { lr: 0.2, seed: 7 } });
  const recording = await two.recorder.attach(recordingId);
  expect([recording.recordingId, recording.run.name, recording.modelId]).toEqual([recordingId, "walk", undefined]);
  // It knows at once what the parameters are.
  expect(made.problems.map(({ kind, key }) => [kind, key])).toEqual([["param-conflict", "lr"]]);
  two.recorder.addRecord({ loss: 4, accuracy: 0.2 }, { timestamp: T + 2 });
  await two.tracker.flush({ until: "durable" });

  const three = process();
  expect((await three.recorder.attach()).recordingId).toBe(recordingId);
  three.recorder.addRecord({ loss: 5 }, { timestamp: T + 3 });
  three.recorder.addRecord({ loss: 1, accuracy: 0.3 }, { timestamp: T + 4 });
  await three.tracker.flush({ until: "durable" });
  expect(made.requests).toEqual([]);

  made.fetch = made.plain;
  three.recorder.setMode("ONLINE");
  await three.recorder.stop();
  const { pending, quarantined, dropped } = await three.tracker.flush();
  const none = { points: 0, requests: 0 };
  expect({ pending, quarantined, dropped }).toEqual({ pending: none, quarantined: none, dropped: none });
  const { experimentId } = (await made.client.experiments.getByName("field study"))!;
  const found = await made.client.runs.search({ experimentIds: [experimentId], view: "all" }).all();
  expect(found.map(({ info }) => [info.runName, info.status])).toEqual([["walk", "FINISHED"]]);
  const { info, data } = found[0]!;
  expect(data.params).toEqual({ lr: "0.1", "layers.hidden": "3", seed: "7" });
  expect(data.tags).toMatchObject({ "mlflow.tracklet.runId": recordingId, "mlflow.note.content": "**sunny**" });
  const points = async (key: string) =>
    (await made.client.metrics.history({ runId: info.runId, key }).all()).map(({ step, value }) => [step, value]);
  expect(await points("loss")).toEqual([1, 3, 4, 5, 1].map((value, step) => [step, value]));
  expect(await points("accuracy")).toEqual([0.1, 0.2, 0.3].map((value, step) => [step, value]));
  // The second value in a row that is too high, whoever saw the one before.
  expect(alerts.map(({ at, run }) => [at - T, run])).toEqual([[2, recordingId]]);
  const models = await made.client.loggedModels.search({ experimentIds: [experimentId] }).all();
  expect(models.map(({ sourceRunId, modelType }) => [sourceRunId, modelType])).toEqual([[info.runId, "softmax"]]);
  expect((await recording.ids()).modelId).toBe(models[0]?.modelId);
  await close();
}
