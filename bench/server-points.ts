import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createServer } from "tracklet/server";
import { mlflowEnvironment } from "../scripts/mlflow-environment.ts";
import { type MlflowServer, startMlflowServer } from "../test/live/support/mlflow-server.ts";
import { type Handler, post } from "./support/post.ts";
import { printRace } from "./support/print.ts";
import { type Contestant, race } from "./support/race.ts";

const batches = 10;
const batchSize = 1000;
const points = batches * batchSize;
const epoch = 1_700_000_000_000;

/** Posts log-batch bodies that were encoded before the clock started, each round into a fresh run. */
async function overFetch(name: string, handler: Handler, base: string): Promise<Contestant> {
  const made = JSON.parse(
    await post(handler, base, "experiments/create", JSON.stringify({ name: `bench ${epoch}` })),
  ) as {
    experiment_id: string;
  };
  return {
    name,
    async run() {
      const create = JSON.stringify({ experiment_id: made.experiment_id, start_time: epoch });
      const reply = JSON.parse(await post(handler, base, "runs/create", create)) as {
        run: { info: { run_id: string } };
      };
      const bodies = Array.from({ length: batches }, (_, batch) =>
        JSON.stringify({
          run_id: reply.run.info.run_id,
          metrics: Array.from({ length: batchSize }, (_, i) => {
            const step = batch * batchSize + i;
            return { key: "loss", value: step / 7, timestamp: epoch + step, step };
          }),
        }),
      );
      const began = performance.now();
      for (const body of bodies) await post(handler, base, "runs/log-batch", body);
      return performance.now() - began;
    },
  };
}

/** The floor: the same rows by the same driver with the same settings, no request, no checks. */
function bareInserts(file: string): Contestant & { close(): void } {
  const database = new DatabaseSync(file);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 10000",
  );
  const newRun = database.prepare(
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, source_version, status, start_time, lifecycle_stage, artifact_uri, experiment_id) VALUES (?, 'bare', 'UNKNOWN', '', '', '', '', 'RUNNING', ?, 'active', '', 0)",
  );
  const insert = database.prepare(
    "INSERT OR IGNORE INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)",
  );
  const latest = database.prepare(
    "INSERT OR REPLACE INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)",
  );
  let round = 0;
  return {
    name: "bare inserts",
    run() {
      const run = (round++).toString(16).padStart(32, "b");
      newRun.run(run, epoch);
      const began = performance.now();
      for (let batch = 0; batch < batches; batch++) {
        database.exec("BEGIN IMMEDIATE");
        for (let i = 0; i < batchSize; i++) {
          const step = batch * batchSize + i;
          insert.run("loss", step / 7, epoch + step, run, step);
        }
        const last = (batch + 1) * batchSize - 1;
        latest.run("loss", last / 7, epoch + last, last, run);
        database.exec("COMMIT");
      }
      return performance.now() - began;
    },
    close: () => database.close(),
  };
}

/** A real MLflow where Python can make one; undefined, with a word, where it cannot. */
async function realMlflow(room: string): Promise<MlflowServer | undefined> {
  try {
    return await startMlflowServer(await mlflowEnvironment("3.17.2"), {
      backendStoreUri: `sqlite:///${join(room, "real.db")}`,
      artifactsDestination: join(room, "real-artifacts"),
    });
  } catch (error) {
    console.log(`\nwithout a real MLflow: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Points per second into SQLite files: bare, through the embedded server in process, through a real MLflow. */
export async function benchServerPoints(): Promise<void> {
  const room = await mkdtemp(join(tmpdir(), "tracklet-bench-"));
  const server = createServer({ database: join(room, "embedded.db") });
  createServer({ database: join(room, "bare.db") }).close();
  const bare = bareInserts(join(room, "bare.db"));
  const real = await realMlflow(room);
  try {
    const contestants: Contestant[] = [
      bare,
      await overFetch("embedded server in process", server.fetch, "http://tracklet.localhost"),
    ];
    if (real) contestants.push(await overFetch("mlflow server 3.17.2 over HTTP", fetch, real.trackingUri));
    const results = await race(contestants, 7);
    printRace(`log-batch: ${batches} x ${batchSize} points a round into a SQLite file`, results, points, "point");
  } finally {
    await real?.close();
    bare.close();
    server.close();
    await rm(room, { recursive: true, force: true });
  }
}
