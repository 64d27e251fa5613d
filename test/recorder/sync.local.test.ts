import { join } from "node:path";
import { expect, test } from "vitest";
import { createTracker } from "../../src/index.ts";
import { sqliteQueue } from "../../src/queue/sqlite.ts";
import type { RecorderSettings } from "../../src/recorder/index.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { world } from "./world.ts";

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
  // Whoever wants to go on with it before it was sent is told where it is, and what to do.
  const early = made.recorder({ tracker: open, mode: "OFFLINE" });
  await expect(early.attach(recordingId)).rejects.toThrow(
    `Cannot resume the run "${recordingId}" as it waits in the queue ${path} and no server has it yet: send it first`,
  );
  await early[Symbol.asyncDispose]();
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
