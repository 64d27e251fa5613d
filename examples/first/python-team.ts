// A colleague of a Python team: the same MLflow server, so JavaScript's runs stand beside theirs.
//   MLFLOW_TRACKING_URI=https://mlflow.example node python-team.ts
import { openTracker } from "tracklet/local";

await using tracker = await openTracker({ experiment: "churn", tags: { team: "web" } });

const before = await tracker.searchRuns({ filter: "metrics.accuracy > 0.5", orderBy: "metrics.accuracy DESC" });
console.log(`best so far: ${before.best("accuracy", "max")?.name ?? "none"}`);

await tracker.withRun({ name: "onnx in node", params: { model: { kind: "onnx", opset: 17 } } }, async (run) => {
  for (let fold = 0; fold < 3; fold++) {
    await run.withChild({ name: `fold ${fold}` }, (child) => child.logMetric("accuracy", 0.9 + fold / 100));
  }
  run.logMetric("accuracy", 0.91);
  await run.logTable(
    [
      { label: "stays", precision: 0.93 },
      { label: "leaves", precision: 0.89 },
    ],
    "per-class.json",
  );
});
