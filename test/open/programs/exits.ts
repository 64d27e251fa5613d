/** Logs to a server and ends in the way that is asked for. Arguments: directory, address, way. */
import { writeSync } from "node:fs";
import { openTracker } from "../../../src/open/local.ts";

const [directory = ".", trackingUri = "", way = "return"] = process.argv.slice(2);
const delivery = way === "return to silence" ? { exitTimeout: 1_000 } : {};
const tracker = await openTracker({ directory, trackingUri, delivery, onProblem: () => {} });
const run = tracker.startRun({ name: way, params: { lr: 0.1 } });
for (let step = 0; step < 1500; step++) run.logMetric("loss", 1 / (step + 1));

if (way === "exit at once") process.exit(0);
if (way === "exit in the middle") {
  // A put is on its way, and more is logged behind it.
  const kept = tracker.flush({ until: "durable" });
  for (let step = 0; step < 500; step++) run.logMetric("accuracy", step);
  await kept;
  for (let step = 500; step < 1000; step++) run.logMetric("accuracy", step);
  run.setTag("last", "word");
  process.exit(3);
}
if (way === "exit with a body") {
  void run.logText("never read", "note.txt");
  process.exit(0);
}
if (way === "return to silence") await run.end();
if (way === "close") await tracker.close();
if (way === "throw") throw new RangeError("diverged");
if (way === "signal") {
  setInterval(() => {}, 1000);
  writeSync(1, "training\n");
}
