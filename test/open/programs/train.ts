/** Trains a little into the store of a directory, and ends in the way that the second argument names. */
import { writeSync } from "node:fs";
import { openTracker } from "../../../src/open/local.ts";

const [directory = ".", how] = process.argv.slice(2);
const tracker = await openTracker({ directory });
const run = tracker.startRun({ name: how ?? "none" });
for (let step = 0; step < 1500; step++) run.logMetric("loss", 1 / (step + 1));
const child = run.startChild({ name: "fold 1" });
child.logParam("fold", 1);

if (how === "exit") process.exit(0);
if (how === "end") {
  await child.end();
  await run.end();
  process.exit(0);
}
if (how === "durable") {
  await tracker.flush({ until: "durable" });
  process.kill(process.pid, "SIGKILL");
}
if (how === "throw") throw new Error("the loss exploded");
if (how === "signal") {
  setInterval(() => {}, 1000);
  writeSync(1, "training\n");
}
