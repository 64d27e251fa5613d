// Logs a backlog to a server that is not there, says that it is durable, and lives until it is killed.
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { type BacklogJob, EXPERIMENT } from "./shape.ts";

const { points, runs, flushEvery, path, trackingUri } = JSON.parse(process.argv[2] ?? "{}") as BacklogJob;
console.log(`up ${process.pid}`);
const tracker = createTracker({
  trackingUri,
  experiment: EXPERIMENT,
  queue: sqliteQueue({ path }),
  onProblem: ({ kind, message }) => kind !== "server-unreachable" && console.log(`problem ${message}`),
});
let left = points;
for (let number = 0; number < runs; number++) {
  const run = tracker.startRun({ name: `run ${number}` });
  const own = Math.ceil(left / (runs - number));
  for (let step = 0; step < own; step++) {
    run.logMetric("loss", 1 / (step + 1), { step, timestamp: 1_700_000_000_000 + step * 10 });
    if (--left % flushEvery === 0) await tracker.flush({ until: "durable" });
  }
}
await tracker.flush({ until: "durable" });
console.log("durable");
setInterval(() => {}, 60_000);
