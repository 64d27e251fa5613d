// Coming from Weights & Biases: what you type there, and here.
import { openTracker } from "tracklet/local";

const config = { lr: 0.1, layers: { units: 64, dropout: 0.2 } };
const tracker = await openTracker({ experiment: "penguins" }); // project
const run = tracker.startRun({ params: config }); //              wandb.init({ project, config })
for (let epoch = 0; epoch < 10; epoch++) {
  run.logMetrics({ loss: 1 / (epoch + 1), accuracy: 1 - 1 / (epoch + 2) }); // wandb.log({ loss, accuracy })
}
run.summary({ best_accuracy: 0.91 }); //                          wandb.run.summary.best_accuracy = 0.91
await run.logText("class,count\nGentoo,124\n", "counts.csv"); //   wandb.log_artifact
await run.end(); //                                               wandb.finish()
await tracker.close();
