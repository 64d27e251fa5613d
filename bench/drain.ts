import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTracker, memoryQueue } from "tracklet";
import { createServer } from "tracklet/server";
import { mlflowEnvironment } from "../scripts/mlflow-environment.ts";
import { startMlflowServer } from "../test/live/support/mlflow-server.ts";
import { type Handler, post as call } from "./support/post.ts";
import { printRace } from "./support/print.ts";
import { type Contestant, race } from "./support/race.ts";

const batchSize = 1000;
const epoch = 1_700_000_000_000;

/** Where points go, and how many batches a round has in all. */
interface Target {
  readonly handler: Handler;
  readonly base: string;
  readonly batches: number;
}

/** The floor: bodies that were encoded before the clock started, one request after the other in each run. */
function bareLoop(target: Target, runs: number): Contestant {
  const each = target.batches / runs;
  return {
    name: "bare loop over encoded bodies",
    async run() {
      const create = JSON.stringify({ experiment_id: "0", start_time: epoch });
      const bodies: string[][] = [];
      for (let run = 0; run < runs; run++) {
        const { run: made } = JSON.parse(await call(target.handler, target.base, "runs/create", create)) as {
          run: { info: { run_id: string } };
        };
        const points = (batch: number): object[] =>
          Array.from({ length: batchSize }, (_, index) => {
            const step = batch * batchSize + index;
            return { key: "loss", value: step / 7, timestamp: epoch + step, step };
          });
        bodies.push(
          Array.from({ length: each }, (_, batch) =>
            JSON.stringify({ run_id: made.info.run_id, metrics: points(batch) }),
          ),
        );
      }
      const began = performance.now();
      const post = async (own: readonly string[]): Promise<void> => {
        for (const body of own) await call(target.handler, target.base, "runs/log-batch", body);
      };
      await Promise.all(bodies.map(post));
      return performance.now() - began;
    },
  };
}

/** `flush()` of a tracker whose runs exist and whose points were logged before the clock started. */
function drainOf(target: Target, runs: number): Contestant & { close(): Promise<unknown> } {
  const tracker = createTracker({
    trackingUri: target.base,
    fetch: target.handler,
    queue: memoryQueue(),
    delivery: { mode: "manual", maxMemoryBytes: 2 ** 30 },
  });
  const each = (target.batches / runs) * batchSize;
  return {
    name: "flush() of a tracker",
    async run() {
      const open = Array.from({ length: runs }, () => tracker.startRun());
      await tracker.flush();
      for (const run of open) {
        for (let step = 0; step < each; step++) run.logMetric("loss", step / 7, { step, timestamp: epoch + step });
      }
      const began = performance.now();
      const { pending } = await tracker.flush();
      const took = performance.now() - began;
      if (pending.points > 0) throw new Error(`${pending.points} points were not delivered`);
      await Promise.all(open.map((run) => run.end()));
      await tracker.flush();
      return took;
    },
    close: () => tracker.close(),
  };
}

const pythonProgram = `
import sys, time
from concurrent.futures import ThreadPoolExecutor
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient
uri, runs, batches = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = MlflowClient(uri)
for line in sys.stdin:
    ids = [client.create_run("0").info.run_id for _ in range(runs)]
    points = [[Metric("loss", s / 7, ${epoch} + s, s) for s in range(b * ${batchSize}, (b + 1) * ${batchSize})] for b in range(batches // runs)]
    def work(run):
        for batch in points:
            client.log_batch(run, metrics=batch)
    began = time.perf_counter()
    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(work, ids))
    print((time.perf_counter() - began) * 1000, flush=True)
`;

/** `log_batch` of MLflow's Python client, a thread for each run. */
async function python(room: string, interpreter: string, target: Target, runs: number): Promise<Contestant> {
  const program = join(room, "log_batch.py");
  await writeFile(program, pythonProgram);
  return {
    name: "Python's log_batch",
    async run() {
      const started = promisify(execFile)(interpreter, [program, target.base, String(runs), String(target.batches)], {
        env: { ...process.env, GIT_PYTHON_REFRESH: "quiet" },
      });
      started.child.stdin?.end("go\n");
      return Number((await started).stdout);
    },
  };
}

/** What `flush()` costs against a bare loop that posts the same points, into the embedded server and into a real MLflow. */
export async function benchDrain(): Promise<void> {
  const room = await mkdtemp(join(tmpdir(), "tracklet-bench-"));
  try {
    const server = createServer({ database: join(room, "embedded.db") });
    const embedded: Target = { handler: server.fetch, base: "http://tracklet.localhost", batches: 20 };
    for (const runs of [1, 4]) await compare(`into the embedded server, ${runs} run(s)`, embedded, runs, 15);
    server.close();
    const environment = await mlflowEnvironment("3.17.2").catch((error: Error) => error);
    if (environment instanceof Error) {
      console.log(`\nwithout a real MLflow: ${environment.message}`);
      return;
    }
    const real = await startMlflowServer(environment, {
      backendStoreUri: `sqlite:///${join(room, "real.db")}`,
      artifactsDestination: join(room, "artifacts"),
    });
    const target: Target = { handler: fetch, base: real.trackingUri, batches: 8 };
    try {
      for (const runs of [1, 4]) {
        const rival = await python(room, environment.python, target, runs);
        await compare(`into mlflow server 3.17.2 over HTTP, ${runs} run(s)`, target, runs, 5, rival);
      }
    } finally {
      await real.close();
    }
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

async function compare(title: string, target: Target, runs: number, rounds: number, rival?: Contestant): Promise<void> {
  const drain = drainOf(target, runs);
  const all = [bareLoop(target, runs), drain, ...(rival ? [rival] : [])];
  const points = target.batches * batchSize;
  printRace(`drain of ${points.toLocaleString("en-US")} points ${title}`, await race(all, rounds), points, "point");
  await drain.close();
}
