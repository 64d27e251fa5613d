/** Finds or starts runs of a job in the store of a directory, once all who take part are there, and ends them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openTracker } from "../../../src/open/local.ts";

const directory = process.argv[2] ?? ".";
await using tracker = await openTracker({ directory, experiment: "jobs" });
console.log("ready");
while (!existsSync(join(directory, "go"))) await new Promise((resolve) => setTimeout(resolve, 5));
const runs = await Promise.all(["a", "b", "c"].map((name) => tracker.findOrStartRun({ name })));
await Promise.all(runs.map((run) => run.end()));
await tracker.flush();
