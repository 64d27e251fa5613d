import { expect } from "vitest";
import type { FlushReport } from "../../src/queue/types.ts";
import type { Run } from "../../src/tracker/types/run.ts";
import type { FaultBench } from "./bench.ts";

/** Nothing of either kind. */
export const nothing = { points: 0, requests: 0 };

/** Logs something of every kind to a run, and ends it. `points` of the metric `loss`. */
export async function logEverything(run: Run, points = 1_500): Promise<void> {
  run.logParams({ lr: 0.1, optimizer: { name: "adam" } });
  for (let step = 0; step < points; step++) run.logMetric("loss", step / 7, { step, timestamp: 1_000 + step });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -0]) run.logMetric("odd", value, { timestamp: 5 });
  run.setTag("stage", "first");
  run.setTag("stage", "last");
  run.setTag("short", "lived");
  run.deleteTag("short");
  run.logInput({ name: "digits", digest: "d1", source: "here" });
  await run.logText("what was found", "notes/found.txt");
  await run.end();
}

/** All was acknowledged. */
export function expectAllDelivered(report: FlushReport): void {
  expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: nothing, dropped: nothing });
}

/** The server has what `logEverything` logged, each thing once, in one run. */
export async function expectEverything(bench: FaultBench, run: Run, points = 1_500): Promise<void> {
  const { reader, experiment, rows } = bench;
  const runId = await run.runId();
  const found = await reader.runs(experiment);
  expect(found.filter(({ tags }) => tags["mlflow.tracklet.runId"] === run.localId)).toHaveLength(1);
  const stored = await reader.run(runId);
  expect(stored.info).toMatchObject({ status: "FINISHED", lifecycle_stage: "active", run_name: run.name });
  expect(stored.params).toEqual({ lr: "0.1", "optimizer.name": "adam" });
  expect(stored.tags).toMatchObject({ stage: "last" });
  expect(stored.tags).not.toHaveProperty("short");
  expect(stored.inputs).toEqual(["digits d1"]);
  expect(await reader.artifact(stored, "notes/found.txt")).toBe("what was found");
  expect(await rows(runId)).toEqual({ loss: points, odd: 3 });
  const history = await reader.points(runId, "loss");
  expect(new Set(history).size).toBe(points);
  expect(history[7]).toBe("7 1007 1");
}
