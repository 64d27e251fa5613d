import { afterEach, expect, test } from "vitest";
import { NetworkError } from "../../src/errors/index.ts";
import { indexedDbQueue } from "../../src/queue/storage/indexed-db.ts";
import { newName } from "../queue/storage/indexed-db-tools.ts";
import { goesOnOffline, processes } from "./attach-offline.ts";
import { unreachable, world as makeWorld, type World } from "./world.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function world(): Promise<World> {
  const made = await makeWorld();
  closers.push(made.close);
  return made;
}

test("S3.4 attach() goes on with an OFFLINE recording in IndexedDB before any server has its run", async () => {
  const name = newName();
  await goesOnOffline(await world(), () => indexedDbQueue({ name }));
});

test("S3.4 attach() by name takes the one that began last of those that wait, while no server answers", async () => {
  const made = await world();
  made.fetch = unreachable;
  const name = newName();
  const { open, close } = processes(made, () => indexedDbQueue({ name }));
  const ids: string[] = [];
  await using first = open();
  for (const project of ["field study", "field study", "lab"]) {
    const recorder = made.recorder({ tracker: first, mode: "OFFLINE", project });
    ids.push((await recorder.start()).recordingId);
    recorder.addRecord({ loss: ids.length });
    await recorder.stop();
  }

  const later = made.recorder({ tracker: open({ delivery: { mode: "manual" } }), mode: "ONLINE" });
  expect((await later.attach()).recordingId).toBe(ids[1]);
  await expect(made.recorder({ tracker: open(), name: "ride", mode: "OFFLINE" }).attach()).rejects.toThrow(
    NetworkError,
  );
  await close();
});

test("S3.4 attach() goes on with a recording that ended OFFLINE in the same process, also where its queue is in memory", async () => {
  const made = await world();
  await using tracker = made.open();
  const first = made.recorder({ tracker, mode: "OFFLINE", hyperParameters: { lr: 1 } });
  const { recordingId } = await first.start();
  first.addRecord({ loss: 1 });
  await first.stop();
  const second = made.recorder({ tracker });
  expect((await second.attach(recordingId)).recordingId).toBe(recordingId);
  second.addRecord({ loss: 2 });
  second.setMode("ONLINE");
  await second.stop();
  const { info, data } = await tracker.getRun(recordingId);
  expect([info.status, data.params]).toEqual(["FINISHED", { lr: "1" }]);
  const points = await made.client.metrics.history({ runId: info.runId, key: "loss" }).all();
  expect(points.map(({ step, value }) => [step, value])).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test("S3.4 attach() goes on OFFLINE with a recording that began ONLINE, of which the queue has only the rest", async () => {
  const made = await world();
  const name = newName();
  const { open, close } = processes(made, () => indexedDbQueue({ name }));
  const one = open({ experiment: "field study" });
  const first = made.recorder({ tracker: one, hyperParameters: { lr: 0.1 }, metadata: { place: "beach" } });
  first.attachAlertOn({ id: "high", metric: "loss", operator: ">", value: 5, records: 2 });
  const { recordingId, run } = await first.start();
  for (const loss of [3, 2]) first.addRecord({ loss, accuracy: loss });
  await one.flush();
  first.setMode("OFFLINE");
  made.fetch = unreachable;
  first.addRecord({ loss: 6 });
  await one.flush({ until: "durable" });

  const problems = made.problems.length;
  // ONLINE, the server is to be asked, and does not answer.
  const online = made.recorder({ tracker: open({ delivery: { mode: "manual" } }), mode: "ONLINE" });
  await expect(online.attach(recordingId)).rejects.toThrow(NetworkError);
  const two = open({ experiment: "field study" });
  const second = made.recorder({ tracker: two, mode: "OFFLINE", hyperParameters: { lr: 0.1, seed: 7 } });
  const alerts: number[] = [];
  second.attachAlertOn({
    id: "high",
    metric: "loss",
    operator: ">",
    value: 5,
    records: 2,
    onAlert: ({ step }) => void alerts.push(step ?? -1),
  });
  const recording = await second.attach(recordingId);
  expect([recording.recordingId, recording.run.name]).toEqual([recordingId, "walk"]);
  second.addRecord({ loss: 7, accuracy: 1 });
  await two.flush({ until: "durable" });
  expect([alerts, made.problems.slice(problems).filter(({ kind }) => kind === "alert")]).toEqual([[3], []]);

  made.fetch = made.plain;
  second.setMode("ONLINE");
  await second.stop();
  const { pending, quarantined, dropped } = await two.flush();
  const none = { points: 0, requests: 0 };
  expect({ pending, quarantined, dropped }).toEqual({ pending: none, quarantined: none, dropped: none });
  const { experimentId } = (await made.client.experiments.getByName("field study"))!;
  const found = await made.client.runs.search({ experimentIds: [experimentId], view: "all" }).all();
  expect(found.map(({ info }) => [info.runId, info.status])).toEqual([[await run.runId(), "FINISHED"]]);
  expect(found[0]?.data.params).toEqual({ lr: "0.1", seed: "7" });
  for (const [key, values] of Object.entries({ loss: [3, 2, 6, 7], accuracy: [3, 2, 1] })) {
    const points = await made.client.metrics.history({ runId: found[0]!.info.runId, key }).all();
    // A history is in the order of time, and two records may be of one millisecond.
    const steps = points.map(({ step, value }) => [step, value]).sort(([a = 0], [b = 0]) => a - b);
    expect(steps).toEqual(values.map((value, step) => [step, value]));
  }
  const models = await made.client.loggedModels.search({ experimentIds: [experimentId] }).all();
  expect(models.map(({ modelId }) => modelId)).toEqual([(await recording.ids()).modelId]);
  await close();
});

test("S3.4 attach() ONLINE goes on behind what the server is slow to take of a recording", async () => {
  const made = await world();
  const name = newName();
  const { open, close } = processes(made, () => indexedDbQueue({ name }));
  const one = open({ experiment: "field study" });
  const first = made.recorder({ tracker: one });
  first.attachAlertOn({ id: "high", metric: "loss", operator: ">", value: 5, records: 3 });
  const { recordingId, run } = await first.start();
  for (const loss of [3, 6]) first.addRecord({ loss });
  await one.flush();
  const busy = (request: Request): boolean => request.url.endsWith("/runs/log-batch");
  made.fetch = (request) => (busy(request) ? Promise.resolve(new Response("", { status: 503 })) : made.plain(request));
  first.addRecord({ loss: 7 });
  first.addHyperParameters({ lr: 0.1 });
  await one.flush({ until: "durable" });
  one.queue.pause();

  const two = open({ experiment: "field study" });
  const second = made.recorder({ tracker: two, mode: "ONLINE", hyperParameters: { lr: 0.2 } });
  const alerts: number[] = [];
  const onAlert = ({ step }: { step?: number }): void => void alerts.push(step ?? -1);
  second.attachAlertOn({ id: "high", metric: "loss", operator: ">", value: 5, records: 3, onAlert });
  await second.attach(recordingId);
  expect(made.problems.filter(({ kind }) => kind === "param-conflict").map(({ key }) => key)).toEqual(["lr"]);
  second.addRecord({ loss: 8 });
  made.fetch = made.plain;
  await second.stop();
  await two.flush();
  expect(alerts).toEqual([3]);
  const points = await made.client.metrics.history({ runId: await run.runId(), key: "loss" }).all();
  expect(points.map(({ step, value }) => [step, value])).toEqual([3, 6, 7, 8].map((value, step) => [step, value]));
  await close();
});
