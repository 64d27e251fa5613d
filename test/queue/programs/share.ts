// Logs to a queue file that others have open too, as its argument tells, and says what it has seen.
import { createClient } from "../../../src/client/client.ts";
import { createQueue } from "../../../src/queue/create-queue.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";

/** What to do. */
export interface ShareJob {
  readonly path: string;
  readonly trackingUri: string;
  readonly name: string;
  /** Our ids of the runs to make. */
  readonly runs: readonly string[];
  /** Points of each. */
  readonly points: number;
  /** Only puts what it logs into the file, and ends. */
  readonly offline?: boolean;
  /** Milliseconds of the lease. */
  readonly lease?: number;
  /** Logs one more point of each run every so many milliseconds, for ever. */
  readonly pace?: number;
}

const job = JSON.parse(process.argv[2] ?? "{}") as ShareJob;
const runtime = defaultRuntime();
const storage = sqliteQueue({ path: job.path });
const client = createClient({ trackingUri: job.trackingUri, runtime });
const queue = createQueue({
  storage,
  client: async () => client,
  runtime,
  lease: job.lease,
  delivery: { flushInterval: 50, mode: job.offline ? "manual" : "auto" },
  onProblem: ({ kind, message }) => console.log(`problem ${kind} ${message}`),
});
for (const localId of job.runs) {
  queue.createRun({ localId, experiment: { name: "Default" }, name: localId, startTime: 1, tags: {} });
  for (let step = 0; step < job.points; step++) queue.logMetric(localId, "m", step, 1, step);
}
await queue.flush(job.offline ? { until: "durable" } : {});
for (const localId of job.offline ? [] : job.runs) console.log(`run ${localId} ${await queue.runId(localId)}`);
const { waiting, delivered } = queue.status();
console.log(`flushed ${waiting.points + waiting.requests} ${delivered.points}`);
if (job.offline) process.exit(0);
let step = job.points;
if (job.pace !== undefined) {
  setInterval(() => {
    for (const localId of job.runs) queue.logMetric(localId, "m", step, 1, step);
    step++;
  }, job.pace);
}
setInterval(() => {}, 60_000);
