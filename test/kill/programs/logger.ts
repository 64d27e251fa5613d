// Logs what its plan says through a tracker with a queue file, says what is durable, and lives until it is killed. With
// `drain` it delivers what others left, and says how that went.
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { platformClock } from "../../../src/runtime/platform-clock.ts";
import type { Clock } from "../../../src/runtime/ports/clock.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import type { TrackerOptions } from "../../../src/tracker/types/tracker-options.ts";
import type { Run } from "../../../src/tracker/types/run.ts";
import { Chance } from "../../simulation/world/chance.ts";
import type { LoggerJob } from "../logger-job.ts";
import { bytesOf, type Op, plan, RUN_TAG, timestampAt, valueAt } from "../plan.ts";
import { watchSqlite } from "./watch-sqlite.ts";

const job = (workerData ?? JSON.parse(process.argv[2] ?? "{}")) as LoggerJob;
const say = (line: string): void => void writeSync(1, `${job.prefix ?? ""}${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
say(`up ${process.pid}`);
if (job.prefix === undefined) watchSqlite(say, job.freeze);

const { pace = 1 } = job;
const clock: Clock = {
  now: () => platformClock.now(),
  monotonic: () => platformClock.monotonic() * pace,
  after: (ms, callback) => platformClock.after(ms / pace, callback),
};
const chance = new Chance(job.seed, `${job.name} options`);
const options: TrackerOptions = {
  trackingUri: job.trackingUri,
  experiment: job.experiment,
  delivery: {
    flushInterval: chance.int(10, 100),
    batchSize: chance.pick([50, 300, 1_000]),
    // A creation that is in doubt takes one for some seconds.
    concurrency: chance.pick([3, 4, 6]),
  },
  runtime: { clock },
  onProblem: ({ kind, message }) => say(`problem ${kind} ${message}`),
};
const tracker = await open(job);
if (job.silent) tracker.queue.pause();

const runs = new Map<string, Run>();
const ops = plan(job.seed, job.name, job.runs);
for (const [number, op] of ops.entries()) {
  await act(op, number);
  if (chance.may(0.3)) await pause(chance.int(0, 10));
}
if (job.drain !== undefined) {
  for (const run of runs.values()) await run.end();
  await drain(job.drain);
}
say("end");
parentPort?.postMessage("end");
setInterval(() => {}, 60_000);

async function open({ path, directory, partition }: LoggerJob): Promise<Tracker> {
  if (directory === undefined) return createTracker({ ...options, queue: sqliteQueue({ path, clock }) });
  const { openTracker } = await import("../../../src/open/local.ts");
  return openTracker({ ...options, directory, ...(partition !== undefined && { partition }) });
}

async function act(op: Op, number: number): Promise<void> {
  if (op.kind === "durable") {
    await tracker.flush({ until: "durable" });
    return say(`durable ${number}`);
  }
  if (op.kind === "start") {
    const parent = op.parent === undefined ? undefined : runs.get(op.parent);
    const tags = { [RUN_TAG]: op.run };
    runs.set(op.run, tracker.startRun({ name: op.run, tags, ...(parent && { parent }) }));
    return;
  }
  const run = runs.get(op.run)!;
  switch (op.kind) {
    case "points":
      for (let step = op.from; step < op.from + op.count; step++) {
        run.logMetric(op.key, valueAt(op.key, step), { step, timestamp: timestampAt(step) });
      }
      return;
    case "param":
      return run.logParam(op.key, op.value);
    case "tag":
      return run.setTag(op.key, op.value);
    case "artifact": {
      const directory = op.path.slice(0, op.path.lastIndexOf("/"));
      const name = op.path.slice(directory.length + 1);
      const written = run.logArtifact(bytesOf(op.run, op.path, op.size), directory, { name });
      written.then(
        () => say(`kept ${number}`),
        (error: unknown) => say(`problem artifact ${String(error)}`),
      );
      // Half of them are awaited, the others are on their way while more is logged.
      if (number % 2 === 0) await written;
      return;
    }
    case "end":
      await run.end();
      return say(`durable ${number}`);
  }
}

async function drain(timeout: number): Promise<void> {
  const until = performance.now() + timeout;
  let report = await tracker.flush({ timeout });
  // Runs of dead processes are ended behind everything else.
  while (waits() && performance.now() < until) {
    await pause(20);
    report = await tracker.flush({ timeout });
  }
  const receipts = [];
  for (const run of runs.values()) receipts.push(await run.receipt({ verify: true }));
  say(`report ${JSON.stringify({ report, receipts })}`);
  await tracker.close();
}

function waits(): boolean {
  const { waiting, inFlight } = tracker.queue.status();
  return waiting.points + waiting.requests + inFlight.points + inFlight.requests > 0;
}
