import { join } from "node:path";
import { expect, test } from "vitest";
import { openTracker } from "tracklet/local";
import { mlflowEnvironment } from "../../scripts/mlflow-environment.ts";
import { startMlflowServer } from "./support/mlflow-server.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";
import type { StoredRun } from "./support/stored-run.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Logs a parent with everything and a child, closes the store, and gives MLflow's ids. */
async function writeStore(directory: string): Promise<{ parent: string; child: string }> {
  await using tracker = await openTracker({ directory, experiment: "interop" });
  return await tracker.withRun(
    { name: "parent", params: { optimizer: { name: "adam", lr: 0.1 }, units: 16 } },
    async (run) => {
      for (let step = 0; step < 20; step++)
        run.logMetric("loss", 1 / (step + 1), { step, timestamp: 1_700_000_000_000 + step });
      run.logMetrics({ nan: Number.NaN, infinite: Number.POSITIVE_INFINITY, "val/größe": -1e-300 }, { step: 3 });
      run.setTag("note", "größer ✓");
      await run.logText("hello", "notes/hello.txt");
      await run.logJson({ a: [1, 2] }, "config.json");
      await run.logTable(
        [
          { x: 1, y: "a" },
          { x: 2, y: "b" },
        ],
        "table.json",
      );
      const child = await run.withChild({ name: "child" }, async (inner) => {
        inner.logMetric("loss", 0.25);
        return await inner.runId();
      });
      return { parent: await run.runId(), child };
    },
  );
}

function check(stored: readonly StoredRun[], ids: { parent: string; child: string }): void {
  const parent = stored.find((run) => run.runId === ids.parent);
  const child = stored.find((run) => run.runId === ids.child);
  expect(parent).toMatchObject({
    experiment: "interop",
    name: "parent",
    status: "FINISHED",
    params: { "optimizer.name": "adam", "optimizer.lr": "0.1", units: "16" },
    tags: { note: "größer ✓", "mlflow.runName": "parent" },
    metrics: { loss: 1 / 20, nan: "NaN", infinite: Number.MAX_VALUE, "val/größe": -1e-300 },
  });
  expect(parent?.history["loss"]).toEqual(
    Array.from({ length: 20 }, (_, step) => [step, 1_700_000_000_000 + step, 1 / (step + 1)]),
  );
  expect(parent?.files["notes/hello.txt"]).toBe(base64("hello"));
  expect(JSON.parse(Buffer.from(parent?.files["config.json"] ?? "", "base64").toString())).toEqual({ a: [1, 2] });
  expect(parent?.files["table.json"]).toBeDefined();
  expect(child).toMatchObject({ name: "child", status: "FINISHED", metrics: { loss: 0.25 } });
  expect(child?.tags["mlflow.parentRunId"]).toBe(ids.parent);
}

test("MLflow's Python client reads and continues a folder that openTracker wrote, and openTracker reads it again", async () => {
  const directory = await room();
  const ids = await writeStore(directory);
  const uri = `sqlite:///${join(directory, "mlflow.db")}`;
  check(JSON.parse(await python("read_store.py", uri)) as StoredRun[], ids);

  const pythonRun = await python("write_store.py", uri, "interop", ids.parent);

  await using tracker = await openTracker({ directory, experiment: "interop" });
  const parent = await tracker.getRun(ids.parent);
  expect(parent.data.metrics["from_python"]).toBe(0.5);
  expect(parent.data.tags["from"]).toBe("python");
  expect(await (await tracker.openArtifact(ids.parent, "from-python.txt")).text()).toBe("written by Python");
  const other = await tracker.getRun(pythonRun);
  expect(other.info.status).toBe("FINISHED");
  expect(other.data.params).toEqual({ language: "python" });
  expect((await tracker.getMetricHistory(pythonRun, "loss")).map((point) => point.value)).toEqual([1, 1 / 2, 1 / 3]);
  expect(await (await tracker.openArtifact(pythonRun, "note.txt")).text()).toBe("from a Python run");
});

test("mlflow server in the folder shows and serves what openTracker wrote", async () => {
  const directory = await room();
  const ids = await writeStore(directory);
  const server = await startMlflowServer(await mlflowEnvironment("3.17.2"), {
    backendStoreUri: `sqlite:///${join(directory, "mlflow.db")}`,
    artifactsDestination: join(directory, "mlruns"),
  });
  try {
    check(JSON.parse(await python("read_store.py", server.trackingUri)) as StoredRun[], ids);
    const listed = await fetch(`${server.trackingUri}/api/2.0/mlflow/artifacts/list?run_id=${ids.parent}`);
    const names = ((await listed.json()) as { files: { path: string }[] }).files.map((file) => file.path);
    expect(names).toEqual(expect.arrayContaining(["config.json", "notes", "table.json"]));
    const content = await fetch(`${server.trackingUri}/get-artifact?run_id=${ids.parent}&path=notes/hello.txt`);
    expect(await content.text()).toBe("hello");
  } finally {
    await server.close();
  }
});

test("openTracker opens and continues a folder that MLflow's Python client made", async () => {
  const directory = await room();
  const uri = `sqlite:///${join(directory, "mlflow.db")}`;
  const pythonRun = await python("new_store.py", uri, directory);
  {
    await using tracker = await openTracker({ directory, experiment: "from python" });
    const table = await tracker.searchRuns({ filter: "metrics.loss < 1" });
    expect(table.rows).toHaveLength(1);
    expect(await (await tracker.openArtifact(pythonRun, "note.txt")).text()).toBe("from a Python run");
    await using run = await tracker.resumeRun(pythonRun);
    run.logMetric("loss", 0.125);
    await run.logText("from JavaScript", "js.txt");
    await run.end();
  }
  const [stored] = (JSON.parse(await python("read_store.py", uri)) as StoredRun[]).filter(
    (run) => run.runId === pythonRun,
  );
  expect(stored?.status).toBe("FINISHED");
  expect(stored?.history["loss"]?.map(([step, , value]) => [step, value])).toEqual([
    [0, 1],
    [1, 0.5],
    [2, 0.125],
  ]);
  expect(stored?.files["js.txt"]).toBe(base64("from JavaScript"));
});
