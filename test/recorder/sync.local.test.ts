import { join } from "node:path";
import { expect, test } from "vitest";
import { createTracker } from "../../src/index.ts";
import { sqliteQueue } from "../../src/queue/sqlite.ts";
import type { RecorderSettings } from "../../src/recorder/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { withSqliteFile } from "../support/sqlite-file.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { startProgram } from "../support/start-program.ts";
import { goesOnOffline, processes } from "./attach-offline.ts";
import { unreachable, until, world } from "./world.ts";

const temporaryDirectory = temporaryDirectories();

test("S3.1 OFFLINE recordings wait in the queue file, for a later process to send them whole", async () => {
  const made = await world();
  const path = join(await temporaryDirectory(), "queue.db");
  const open = ({ experiment, delivery }: RecorderSettings = {}) =>
    createTracker({
      trackingUri: "http://localhost:5000",
      fetch: made.plain,
      queue: sqliteQueue({ path }),
      ...(experiment !== undefined && { experiment }),
      ...(delivery !== undefined && { delivery }),
      onProblem: () => {},
    });
  const recorder = made.recorder({ tracker: open, mode: "OFFLINE" });
  const { recordingId } = await recorder.start();
  for (let step = 0; step < 50; step++) recorder.addRecord({ loss: step });
  const { pending } = await recorder.stop();
  expect(pending.points).toBe(50);
  expect(await made.client.experiments.getByName("field study")).toBeUndefined();
  const later = open();
  await later.flush();
  const { info } = await later.getRun(recordingId);
  expect(info).toMatchObject({ runName: "walk", status: "FINISHED" });
  const points = await made.client.metrics.history({ runId: info.runId, key: "loss" }).all();
  expect(points.map(({ value }) => value)).toEqual(Array.from({ length: 50 }, (_, step) => step));
  const models = await made.client.loggedModels.search({ experimentIds: [info.experimentId] }).all();
  expect(models.map(({ sourceRunId }) => sourceRunId)).toEqual([info.runId]);
  await later.close();
  made.close();
});

test("S3.4 attach() goes on with an OFFLINE recording in a queue file before any server has its run", async () => {
  const made = await world();
  const path = join(await temporaryDirectory(), "queue.db");
  await goesOnOffline(made, () => sqliteQueue({ path }));
  made.close();
});

test("S3.4 attach() goes on with an OFFLINE recording whose process was killed, also when a leader has ended its run", async () => {
  const made = await world();
  made.fetch = unreachable;
  const path = join(await temporaryDirectory(), "queue.db");
  const program = startProgram(new URL("./programs/offline.ts", import.meta.url), [path]);
  const recordingId = (await program.line("durable ")).slice("durable ".length);
  program.kill("SIGKILL");
  await program.end;
  const { open } = processes(made, () => sqliteQueue({ path }));
  // Nobody answers it, and it ends what the dead one had open.
  const leader = open();
  await leader.flush({ timeout: 0 });
  const openRuns = (): unknown =>
    withSqliteFile(path, (database) => database.prepare("SELECT count(*) AS open FROM open_runs").get()?.["open"]);
  await until(() => openRuns() === 0);
  const recorder = made.recorder({ tracker: open, mode: "ONLINE" });
  const { run } = await recorder.attach(recordingId);
  recorder.addRecord({ loss: -1 });
  made.fetch = made.plain;
  await leader.close();
  const { pending, quarantined, dropped } = await recorder.stop();
  const none = { points: 0, requests: 0 };
  expect({ pending, quarantined, dropped }).toEqual({ pending: none, quarantined: none, dropped: none });
  const { experimentId } = (await made.client.experiments.getByName("field study"))!;
  const found = await made.client.runs.search({ experimentIds: [experimentId], view: "all" }).all();
  expect(found.map(({ info }) => [info.runId, info.status])).toEqual([[await run.runId(), "FINISHED"]]);
  const { info, data } = found[0]!;
  expect(data.params).toEqual({ lr: "0.1" });
  expect(data.tags).toMatchObject({ "mlflow.tracklet.runId": recordingId, "mlflow.note.content": "windy" });
  const points = await made.client.metrics.history({ runId: info.runId, key: "loss" }).all();
  expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 1_501 }, (_, step) => step));
  expect(points.at(-1)?.value).toBe(-1);
  expect((await made.client.artifacts.list(info.runId)).map(({ path: name }) => name)).toEqual(["note.txt"]);
  made.close();
});

test("S3.3 createRecorder() after a restart sends what waits as it was cut, and its own as it is set now", async () => {
  const made = await world();
  const path = join(await temporaryDirectory(), "queue.db");
  const sizes: number[] = [];
  const fetch: Fetch = async (request) => {
    if (request.url.endsWith("log-batch")) {
      const { metrics = [] } = (await request.clone().json()) as { metrics?: unknown[] };
      if (metrics.length > 0) sizes.push(metrics.length);
    }
    return made.plain(request);
  };
  const open = ({ experiment, delivery }: RecorderSettings = {}) =>
    createTracker({
      trackingUri: "http://localhost:5000",
      fetch,
      queue: sqliteQueue({ path }),
      ...(experiment !== undefined && { experiment }),
      ...(delivery !== undefined && { delivery }),
      onProblem: () => {},
    });
  const walk = async (mode: "ONLINE" | "OFFLINE", batchSize: number) => {
    const recorder = made.recorder({ tracker: open, mode, batchSize, batchProcessingInterval: 60_000 });
    await recorder.start();
    for (let step = 0; step < 20; step++) recorder.addRecord({ loss: step });
    return recorder.stop();
  };
  expect((await walk("OFFLINE", 10)).pending.points).toBe(20);
  expect(sizes).toEqual([]);
  expect((await walk("ONLINE", 5)).pending.points).toBe(0);
  // Two runs are not in each other's order.
  expect(sizes.toSorted((a, b) => a - b)).toEqual([5, 5, 5, 5, 10, 10]);
  made.close();
});
