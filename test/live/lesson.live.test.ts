import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openTracker } from "tracklet/local";
import { expect, inject, test } from "vitest";
import { mlflowEnvironment } from "../../scripts/mlflow-environment.ts";
import { startMlflowServer } from "./support/mlflow-server.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";
import type { StoredRun } from "./support/stored-run.ts";

const lesson = fileURLToPath(new URL("../../examples/lesson/main.ts", import.meta.url));

/** Runs the whole lesson, as `npm start` does, in a folder; gives what it printed. */
async function runLesson(directory: string, environment: Record<string, string> = {}): Promise<string> {
  const flags = ["--disable-warning=ExperimentalWarning", "--conditions=tracklet-source"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, lesson], {
    cwd: directory,
    env: { ...process.env, ...environment },
  });
  return stdout + stderr;
}

test("what the lesson leaves opens in mlflow server, and MLflow's Python client reads every run, metric, param, tag and file", async () => {
  const directory = await room();
  const screen = await runLesson(directory);
  expect(screen).toMatch(/read back: equal; waiting 0; refused 0/);

  const server = await startMlflowServer(await mlflowEnvironment("3.17.2"), {
    backendStoreUri: `sqlite:///${join(directory, "mlflow.db")}`,
    artifactsDestination: join(directory, "mlruns"),
  });
  let stored: StoredRun[];
  try {
    stored = JSON.parse(await python("read_store.py", server.trackingUri)) as StoredRun[];
  } finally {
    await server.close();
  }
  await using tracker = await openTracker({ directory, experiment: "lesson" });
  const table = await tracker.searchRuns();
  expect(table.rows.length).toBeGreaterThanOrEqual(4);
  expect(stored).toHaveLength(table.rows.length);
  for (const run of stored) {
    const ours = await tracker.getRun(run.runId);
    expect(run).toMatchObject({
      name: ours.info.runName,
      status: ours.info.status,
      startTime: ours.info.startTime,
      endTime: ours.info.endTime,
      params: ours.data.params,
      tags: ours.data.tags,
      metrics: ours.data.metrics,
    });
    for (const [key, points] of Object.entries(run.history)) {
      const history = await tracker.getMetricHistory(run.runId, key);
      expect(points).toEqual(history.map((point) => [point.step, point.timestamp, point.value]));
    }
    for (const [path, content] of Object.entries(run.files)) {
      const bytes = await (await tracker.openArtifact(run.runId, path)).arrayBuffer();
      expect(Buffer.from(bytes).toString("base64"), path).toBe(content);
    }
  }
  await python("write_store.py", `sqlite:///${join(directory, "mlflow.db")}`, "lesson", stored[0]?.runId ?? "");
  expect((await tracker.searchRuns()).rows).toHaveLength(stored.length + 1);
});

test("the lesson does the same against a real MLflow server, by the address alone", async () => {
  const screen = await runLesson(await room(), { MLFLOW_TRACKING_URI: inject("trackingUri") });
  expect(screen).toContain(inject("trackingUri"));
  expect(screen).toMatch(/read back: equal; waiting 0; refused 0/);
  expect(screen).toMatch(/second process: loaded .* held-out rows right/);
});
