import { join } from "node:path";
import { expect, test } from "vitest";
import { createTracker } from "../../src/index.ts";
import { sqliteQueue } from "../../src/queue/sqlite.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { hastyClock } from "../support/hasty-clock.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { begun, place, type Place } from "./place.ts";

const temporaryDirectory = temporaryDirectories();

/** A program whose queue is a file; after `holdUp` nothing that it writes arrives, and then it dies. */
function program(at: Place, path: string): { tracker: Tracker; holdUp: () => void; die: () => Promise<unknown> } {
  let isHeldUp = false;
  const fetch: Fetch = (request) =>
    isHeldUp && request.method !== "GET" ? Promise.reject(new TypeError("fetch failed")) : at.fetch(request);
  const tracker = createTracker({
    trackingUri: "http://localhost:5000",
    fetch,
    queue: sqliteQueue({ path }),
    onProblem: () => {},
    runtime: { clock: hastyClock(50) },
  });
  return {
    tracker,
    holdUp: () => {
      isHeldUp = true;
    },
    die: () => tracker.close({ timeout: 1000 }),
  };
}

test("S0.13 setRun() goes by what a program that died has left in its queue file: values do not hide ours, and what was finished is", async () => {
  await using at = await place();
  const { initial } = await begun(at);
  const path = join(await temporaryDirectory(), "queue.db");
  const first = program(at, path);
  const died = at.manager({ tracker: first.tracker });
  await died.setIteration({ runId: initial, batchId: "b" });
  const finished = (await died.setRun({ lr: 1 })).runId;
  died.saveMetric(3);
  first.holdUp();
  const lost = died.finishRun().catch(() => {});
  await expect.poll(() => first.tracker.queue.status().host).toBe("retrying");
  await first.die();
  await lost;
  const second = program(at, path);
  const manager = at.manager({ tracker: second.tracker });
  await manager.setIteration({ runId: initial, batchId: "b" });
  expect(await manager.setRun({ lr: 1 })).toEqual({ state: "finished", runId: finished });
  expect(await manager.getTopParamsByExperimentId(manager.iterationId ?? "")).toEqual([{ lr: 1 }]);
  // The other one had not finished.
  const { runId = "" } = await manager.setRun({ lr: 2 });
  second.holdUp();
  for (const value of [0.5, 0.1]) manager.saveMetric(value);
  await second.die();
  const third = program(at, path);
  const last = at.manager({ tracker: third.tracker });
  await last.setIteration({ runId: initial, batchId: "b" });
  expect(await last.setRun({ lr: 2 })).toEqual({ state: "resumed", runId });
  for (const value of [3, 2]) last.saveMetric(value);
  await last.finishRun();
  const { data } = await at.client.runs.get(runId);
  expect(data.metrics).toMatchObject({ loss: 2, best_loss: 2 });
  const history = await at.client.metrics.history({ runId, key: "loss" }).all();
  expect(history.map(({ step, value }): [number, number] => [step, value]).sort(([a], [b]) => a - b)).toEqual([
    [0, 0.5],
    [1, 0.1],
    [2, 3],
    [3, 2],
  ]);
  await third.die();
});
