import { join } from "node:path";
import { expect, test } from "vitest";
import { createTracker } from "../../src/index.ts";
import { sqliteQueue } from "../../src/queue/sqlite.ts";
import type { RecorderSettings } from "../../src/recorder/index.ts";
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
