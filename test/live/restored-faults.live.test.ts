import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, inject, test } from "vitest";
import { mlflowEnvironment } from "../../scripts/mlflow-environment.ts";
import type { FaultServer } from "../faults/bench.ts";
import { ServerReader } from "../faults/server-reader.ts";
import { swapBetweenSessions, swapMidSession } from "../faults/suite/swap.ts";
import { type MlflowServer, startMlflowServer } from "./support/mlflow-server.ts";
import { room } from "./support/room.ts";

let original: MlflowServer;
let databaseFile: string;

/** Starts an MLflow on a database file. */
const start = async (file: string): Promise<MlflowServer> =>
  startMlflowServer(await mlflowEnvironment(inject("mlflowVersion")), {
    backendStoreUri: `sqlite:///${file}`,
    artifactsDestination: join(dirname(file), "artifacts"),
  });

// Not the one of all live tests: nobody else may write while its file is copied, or make an experiment after it.
beforeAll(async () => {
  databaseFile = join(await mkdtemp(join(tmpdir(), "tracklet-restored-")), "mlflow.db");
  original = await start(databaseFile);
});

afterAll(async () => {
  await original.close();
  await rm(dirname(databaseFile), { recursive: true, force: true });
});

/** A real MLflow, and one on its database as it was when the test began. */
async function restored(body: (first: FaultServer, swap: () => Promise<FaultServer>) => Promise<void>): Promise<void> {
  const file = join(await room(), "mlflow.db");
  await copyFile(databaseFile, file);
  let server: MlflowServer | undefined;
  try {
    await body({ trackingUri: original.trackingUri, patience: 4_000 }, async () => {
      server = await start(file);
      // The id of the experiment that was lost goes to another one.
      await new ServerReader(server.trackingUri).call("experiments/create", { name: "somebody else's" });
      return { trackingUri: server.trackingUri, patience: 4_000 };
    });
  } finally {
    await server?.close();
  }
}

test("F21 parks runs that a restored MLflow has lost, and makes new ones in the right experiment", async () => {
  await restored(swapMidSession);
}, 300_000);

test("F21 looks at a run once a session before it writes to it, and parks it when MLflow has lost it", async () => {
  const directory = await room();
  await restored((first, swap) => swapBetweenSessions(first, swap, join(directory, "queue.db")));
}, 300_000);
