// A project of a user: only what the package exports, from its tarball.
import * as core from "tracklet";
import * as browser from "tracklet/browser";
import * as charts from "tracklet/charts";
import * as client from "tracklet/client";
import * as local from "tracklet/local";
import * as mocks from "tracklet/mocks";
import * as contract from "tracklet/queue/contract";
import * as indexedDb from "tracklet/queue/indexeddb";
import * as sqlite from "tracklet/queue/sqlite";
import * as server from "tracklet/server";

const expected: [string, Record<string, unknown>, string[]][] = [
  ["tracklet", core, ["createTracker", "memoryQueue", "TrackletError", "isTrackletError"]],
  ["tracklet/browser", browser, ["openTracker"]],
  ["tracklet/charts", charts, ["lineChart", "barChart", "scatterChart", "parallelChart"]],
  ["tracklet/client", client, ["createClient"]],
  ["tracklet/local", local, ["openTracker", "openLocal"]],
  ["tracklet/mocks", mocks, ["createMlflowMock"]],
  ["tracklet/queue/contract", contract, ["queueContract"]],
  ["tracklet/queue/indexeddb", indexedDb, ["indexedDbQueue"]],
  ["tracklet/queue/sqlite", sqlite, ["sqliteQueue"]],
  ["tracklet/server", server, ["createServer", "memoryArtifacts"]],
];
for (const [name, module, names] of expected) {
  for (const wanted of names) {
    if (module[wanted] === undefined) throw new Error(`Cannot use "${wanted}" as ${name} does not export it`);
  }
}

const tracker = await local.openTracker({ experiment: "sample", directory: "sample-data" });
await tracker.withRun({ name: "first" }, async (run) => {
  run.logParam("rate", 0.1);
  for (let step = 0; step < 10; step++) run.logMetric("loss", 1 / (step + 1), { step });
});
const report = await tracker.flush();
if (report.pending.points + report.pending.requests > 0) throw new Error("Cannot flush as something is pending");
const table = await tracker.searchRuns({ experiments: ["sample"] });
const loss = table.best("metrics.loss", "min") ?? table.best("loss", "min");
if (table.rows.length < 1 || loss === undefined) throw new Error("Cannot find the run that was logged");
await tracker.close();
console.log("sample ok");
