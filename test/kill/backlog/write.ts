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
let step = 0;
for (let number = 0; number < runs; number++) {
  const run = tracker.startRun({ name: `run ${number}` });
  // One after the other, as in a sweep: no two points of a backlog have the same step, or time.
  for (const end = Math.ceil((points * (number + 1)) / runs); step < end; ) {
    run.logMetric("loss", 1 / (step + 1), { step, timestamp: 1_700_000_000_000 + step * 10 });
    if (++step % flushEvery === 0) await tracker.flush({ until: "durable" });
  }
  void run.end();
}
await tracker.flush({ until: "durable" });
console.log("durable");
setInterval(() => {}, 60_000);
