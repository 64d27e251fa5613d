// A Deno notebook: every paragraph is a cell. Nothing to install, no server: the runs lie in ./mlflow.db.
import { openTracker } from "tracklet/local";

const tracker = await openTracker({ experiment: "notebook" });

for (const lr of [0.01, 0.1, 1]) {
  await tracker.withRun({ name: `lr ${lr}`, params: { lr } }, (run) => {
    for (let epoch = 0, x = 1; epoch < 20; epoch++, x -= lr * 2 * x) run.logMetric("loss", x * x);
  });
}

const runs = await tracker.searchRuns();
console.log(runs.sort("metrics.loss").select("name", "params.lr", "metrics.loss")); // a notebook shows it as a table

await tracker.close();
