import { join } from "node:path";
import { expect, test } from "vitest";
import { mlflowEnvironment } from "../../scripts/mlflow-environment.ts";
import { startMlflowServer } from "./support/mlflow-server.ts";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";
import type { StoredRun } from "./support/stored-run.ts";
import { startTrackletServer } from "./support/tracklet-server.ts";

test("MLflow's Python client passes its basic session against tracklet server, and mlflow server goes on with the same file", async () => {
  const directory = await room();
  const ours = await startTrackletServer(directory);
  let ids: { parent: string };
  let before: StoredRun[];
  try {
    ids = JSON.parse(await python("session.py", ours.trackingUri)) as { parent: string };
    before = JSON.parse(await python("read_store.py", ours.trackingUri)) as StoredRun[];
  } finally {
    await ours.close();
  }
  expect(before.find((run) => run.runId === ids.parent)?.history["many"]).toHaveLength(1000);

  const theirs = await startMlflowServer(await mlflowEnvironment("3.17.2"), {
    backendStoreUri: `sqlite:///${join(directory, "mlflow.db")}`,
    artifactsDestination: join(directory, "artifacts"),
  });
  try {
    expect(JSON.parse(await python("read_store.py", theirs.trackingUri))).toEqual(before);
  } finally {
    await theirs.close();
  }
});

test("tracklet server and mlflow server on one file take writes at the same time and lose none", async () => {
  const directory = await room();
  const ours = await startTrackletServer(directory);
  const theirs = await startMlflowServer(await mlflowEnvironment("3.17.2"), {
    backendStoreUri: `sqlite:///${join(directory, "mlflow.db")}`,
    artifactsDestination: join(directory, "artifacts"),
  });
  try {
    const post = async (base: string, route: string, body: object): Promise<Record<string, unknown>> => {
      const reply = await fetch(`${base}/api/2.0/mlflow/${route}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(reply.status, await reply.clone().text()).toBe(200);
      return (await reply.json()) as Record<string, unknown>;
    };
    const { experiment_id } = await post(ours.trackingUri, "experiments/create", { name: "both" });
    const made = (await post(theirs.trackingUri, "runs/create", { experiment_id, start_time: 1 })) as {
      run: { info: { run_id: string } };
    };
    const { run_id } = made.run.info;
    const writer = async (base: string, key: string): Promise<void> => {
      for (let batch = 0; batch < 16; batch++) {
        const metrics = Array.from({ length: 125 }, (_, i) => ({
          key,
          value: i,
          timestamp: 1_700_000_000_000 + i,
          step: batch * 125 + i,
        }));
        await post(base, "runs/log-batch", { run_id, metrics });
      }
    };
    await Promise.all([writer(ours.trackingUri, "ours"), writer(theirs.trackingUri, "theirs")]);
    for (const key of ["ours", "theirs"]) {
      for (const base of [ours.trackingUri, theirs.trackingUri]) {
        const reply = await fetch(
          `${base}/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=${key}&max_results=5000`,
        );
        expect(((await reply.json()) as { metrics: unknown[] }).metrics).toHaveLength(2000);
      }
    }
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
  }
});
