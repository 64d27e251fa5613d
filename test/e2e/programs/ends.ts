import process from "node:process";
import { openTracker } from "../../../src/open/local.ts";

/** Logs to a run in the directory `argv[2]` and ends as `argv[3]` says, without ending the run. */
const [directory = ".", way] = process.argv.slice(2);
const tracker = await openTracker({ directory, experiment: "ends", delivery: { flushInterval: 60_000 } });
const run = tracker.startRun({ name: way ?? "return" });
for (let n = 0; n < 10; n++) run.logMetric("loss", n);
void run.logText("kept", "note.txt");
if (way === "throw") throw new RangeError("diverged");
if (way === "reject") void Promise.reject(new TypeError("no await"));
if (way === "signal") {
  process.kill(process.pid, "SIGTERM");
  await new Promise(() => setInterval(() => {}, 1000));
}
if (way === "scope") await tracker.withRun({ name: "inner" }, () => Promise.reject(new Error("inner failed")));
if (way === "end") await run.end();
