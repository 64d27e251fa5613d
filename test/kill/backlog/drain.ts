// Opens a queue with a backlog, delivers it, and says what that cost.
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { type BacklogJob, type DrainFigures, EXPERIMENT } from "./shape.ts";

const { path, trackingUri } = JSON.parse(process.argv[2] ?? "{}") as BacklogJob;
console.log(`up ${process.pid}`);
// Everything is loaded and has run once: what that costs is the same whatever waits.
const warm = createTracker({ trackingUri, experiment: "warm-up", queue: sqliteQueue({ path: `${path}-warm` }) });
await warm.withRun((run) => run.logMetric("loss", 1));
await warm.flush();
await warm.close();

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

const { gc } = globalThis as { gc?: () => void };
gc?.();
const before = process.memoryUsage();
const most = { rss: before.rss, heap: before.heapUsed };
const sample = (): void => {
  const { rss, heapUsed } = process.memoryUsage();
  most.rss = Math.max(most.rss, rss);
  most.heap = Math.max(most.heap, heapUsed);
};
const sampling = setInterval(sample, 20);

const began = performance.now();
const { pending } = await tracker.flush();
const end = performance.now();
sample();
clearInterval(sampling);
const figures: DrainFigures = {
  firstRequest: first - began,
  drain: end - first,
  rss: { before: before.rss, most: most.rss },
  heap: { before: before.heapUsed, most: most.heap },
  requests,
  pending: pending.points + pending.requests,
};
console.log(`figures ${JSON.stringify(figures)}`);
await tracker.close();
process.exit(0);
