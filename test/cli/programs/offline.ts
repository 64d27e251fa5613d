// Logs to a server that is not there, into the queue file in the first argument, says so and lives until it is killed.
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";

const [path = ""] = process.argv.slice(2);
const tracker = createTracker({
  trackingUri: "http://127.0.0.1:9",
  experiment: "offline",
  queue: sqliteQueue({ path }),
  onProblem: () => {},
});
const run = tracker.startRun({ name: "killed", params: { lr: 0.1, layers: 2 } });
for (let step = 0; step < 1_500; step++) run.logMetric("loss", 1 / (step + 1), { step });
await run.logText("kept", "note.txt");
await tracker.flush({ until: "durable" });
console.log("durable");
setInterval(() => {}, 1_000);
