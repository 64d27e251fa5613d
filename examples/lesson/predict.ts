/**
 * A second program that knows nothing of the first but the name of its experiment: it finds the best run, downloads its
 * model, builds it again and predicts penguins that no training has seen.
 */
import process from "node:process";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { openTracker } from "tracklet/local";
import { loadTfjsModel } from "tracklet/tfjs";
import { loadPenguins, type Scaler, species, split } from "./data.ts";
import { predict } from "./model.ts";

const tracker = await openTracker({ experiment: process.argv[2] ?? "lesson" });
const runs = await tracker.searchRuns({
  filter: "attributes.status = 'FINISHED' AND metrics.`summary.val_loss` >= 0",
  orderBy: ["metrics.`summary.val_loss` ASC", "attributes.start_time DESC"],
  maxResults: 1,
});
const [best] = runs;
if (best === undefined) throw new Error('Cannot predict as the experiment has no finished run: start with "npm start"');

const rebuilt = await loadTfjsModel(tracker, { runId: best.run_id, name: "model" }, (handler) =>
  loadLayersModel(handler),
);
const scaler: Scaler = await (await tracker.openArtifact(best.run_id, "settings/scaler.json")).json();
await tracker.close();

const { heldOut } = split(await loadPenguins());
const predicted = predict(rebuilt, heldOut, scaler);
const right = heldOut.filter(({ label }, index) => label === predicted[index]).length;
const [first] = heldOut;
console.log(
  `second process: loaded ${best.name}, predicted ${species[predicted[0] ?? 0]} (true: ${species[first?.label ?? 0]}), ${right} of ${heldOut.length} held-out rows right`,
);
