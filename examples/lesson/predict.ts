/**
 * A second program that knows nothing of the first but the name of its experiment: it finds the best run, downloads its
 * model, builds it again and predicts penguins that no training has seen.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openTracker } from "tracklet/local";
import { loadPenguins, type Scaler, species, split } from "./data.ts";
import { fromFiles, type ModelFiles, predict } from "./model.ts";

const tracker = await openTracker({ experiment: process.argv[2] ?? "lesson" });
const runs = await tracker.searchRuns({
  filter: "attributes.status = 'FINISHED' AND metrics.`summary.val_loss` >= 0",
  orderBy: ["metrics.`summary.val_loss` ASC", "attributes.start_time DESC"],
  maxResults: 1,
});
const [best] = runs;
if (best === undefined) throw new Error('Cannot predict as the experiment has no finished run: start with "npm start"');

const directory = await mkdtemp(join(tmpdir(), "lesson-"));
const model = await tracker.downloadArtifacts(best.run_id, "model", { to: directory });
const read = (name: string): Promise<Buffer<ArrayBuffer>> => readFile(join(model, name));
const json: ModelFiles["json"] = JSON.parse((await read("model.json")).toString());
const scaler: Scaler = JSON.parse((await read("scaler.json")).toString());
const rebuilt = await fromFiles({ json, weights: new Uint8Array(await read("weights.bin")) });
await rm(directory, { recursive: true });
await tracker.close();

const { heldOut } = split(await loadPenguins());
const predicted = predict(rebuilt, heldOut, scaler);
const right = heldOut.filter(({ label }, index) => label === predicted[index]).length;
const [first] = heldOut;
console.log(
  `second process: loaded ${best.name}, predicted ${species[predicted[0] ?? 0]} (true: ${species[first?.label ?? 0]}), ${right} of ${heldOut.length} held-out rows right`,
);
