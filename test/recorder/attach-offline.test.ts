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
