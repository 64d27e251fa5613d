// Opens a queue with a backlog, delivers it, and says what that cost.
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { type BacklogJob, type DrainFigures, EXPERIMENT } from "./shape.ts";

const { path, trackingUri } = JSON.parse(process.argv[2] ?? "{}") as BacklogJob;
console.log(`up ${process.pid}`);

/** Delivers points of its own through a queue of its own. */
async function warmUp(name: string, requests: number): Promise<void> {
  const queue = sqliteQueue({ path: `${path}-${name}` });
  const tracker = createTracker({ trackingUri, experiment: "warm-up", queue, delivery: { batchSize: 10 } });
  await tracker.withRun((run) => {
    for (let step = 0; step < 10 * requests; step++) run.logMetric("loss", step);
  });
  await tracker.flush();
  await tracker.close();
}

// Everything is loaded now: what that costs is the same whatever waits.
await warmUp("first", 1);
const { rss, heapUsed } = process.memoryUsage();
const most = { rss, heap: heapUsed };
// And it has run so often that the engine has compiled it: the first requests of a process are slower.
await warmUp("second", 200);

let requests = 0;
let first = 0;
const tracker = createTracker({
  trackingUri,
  experiment: EXPERIMENT,
  queue: sqliteQueue({ path }),
  fetch: (request) => {
    if (requests++ === 0) first = performance.now();
    return fetch(request);
  },
  onProblem: ({ kind, message }) => console.log(`problem ${kind} ${message}`),
});
const sample = (): void => {
  const { rss, heapUsed } = process.memoryUsage();
  most.rss = Math.max(most.rss, rss);
  most.heap = Math.max(most.heap, heapUsed);
};
const sampling = setInterval(sample, 20);

const cpu = process.cpuUsage();
const began = performance.now();
const { pending, others } = await tracker.flush();
const end = performance.now();
const { user, system } = process.cpuUsage(cpu);
sample();
clearInterval(sampling);
const figures: DrainFigures = {
  firstRequest: first - began,
  drain: end - first,
  cpu: (user + system) / 1_000,
  rss: { before: rss, most: most.rss },
  heap: { before: heapUsed, most: most.heap },
  requests,
  pending: pending.points + pending.requests + others.points + others.requests,
};
console.log(`figures ${JSON.stringify(figures)}`);
await tracker.close();
process.exit(0);
