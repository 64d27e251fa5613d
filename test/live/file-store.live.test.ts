import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { mlflowEnvironment } from "../../scripts/mlflow-environment.ts";
import { withFaults } from "../faults/bench.ts";
import { expectAllDelivered } from "../faults/workload.ts";
import { isFor } from "../support/proxy/exchange.ts";
import { startMlflowServer } from "./support/mlflow-server.ts";
import { room } from "./support/room.ts";

test("F22 MLflow's file store, which keeps a point twice when it gets it twice, has each once", async () => {
  const environment = await mlflowEnvironment(inject("mlflowVersion"));
  const directory = await room();
  const server = await startMlflowServer(environment, {
    backendStoreUri: join(directory, "mlruns"),
    artifactsDestination: join(directory, "artifacts"),
  });
  try {
    await withFaults({ trackingUri: server.trackingUri, patience: 4_000 }, {}, async ({ tracker, proxy, reader }) => {
      let lost = 0;
      proxy.script = (request) =>
        isFor(request, "runs/log-batch") && lost++ % 2 === 0 ? { cutAnswer: 0, reset: true } : undefined;
      const run = tracker.startRun();
      for (let step = 0; step < 2_500; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
      expectAllDelivered(await tracker.flush());
      const rows = await reader.points(await run.runId(), "loss");
      expect([rows.length, new Set(rows).size]).toEqual([2_500, 2_500]);
      expect(lost).toBeGreaterThan(2);
    });
  } finally {
    await server.close();
  }
});
