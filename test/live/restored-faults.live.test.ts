import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { inject, test } from "vitest";
import { mlflowEnvironment } from "../../scripts/mlflow-environment.ts";
import type { FaultServer } from "../faults/bench.ts";
import { ServerReader } from "../faults/server-reader.ts";
import { swapBetweenSessions, swapMidSession } from "../faults/suite/swap.ts";
import { type MlflowServer, startMlflowServer } from "./support/mlflow-server.ts";
import { room } from "./support/room.ts";

/** A real MLflow whose database file is put back to what it was before the test began. */
async function restored(body: (first: FaultServer, swap: () => Promise<FaultServer>) => Promise<void>): Promise<void> {
  const environment = await mlflowEnvironment(inject("mlflowVersion"));
  const directory = await room();
  const file = join(directory, "mlflow.db");
  const backup = join(directory, "backup.db");
  const start = (): Promise<MlflowServer> =>
    startMlflowServer(environment, {
      backendStoreUri: `sqlite:///${file}`,
      artifactsDestination: join(directory, "artifacts"),
    });
  let server = await start();
  await server.close();
  await copyFile(file, backup);
  server = await start();
  try {
    await body({ trackingUri: server.trackingUri, patience: 4_000 }, async () => {
      await server.close();
      await copyFile(backup, file);
      server = await start();
      // The id of the experiment that was lost goes to another one.
      await new ServerReader(server.trackingUri).call("experiments/create", { name: "somebody else's" });
      return { trackingUri: server.trackingUri, patience: 4_000 };
    });
  } finally {
    await server.close();
  }
}

test("F21 parks runs that a restored MLflow has lost, and makes new ones in the right experiment", async () => {
  await restored(swapMidSession);
});

test("F21 looks at a run once a session before it writes to it, and parks it when MLflow has lost it", async () => {
  const directory = await room();
  await restored((first, swap) => swapBetweenSessions(first, swap, join(directory, "queue.db")));
});
