/**
 * Fine-tuning of a classifier of penguins as feedback comes in: three iterations, each from the best model and near the
 * best parameters so far, and a fourth on spoiled feedback. An iteration whose best model is not better than the deployed
 * one is rolled back. Started again, it trains nothing.
 *
 * `npm run -s example:finetuning` tracks to `./mlflow.db`; with MLFLOW_TRACKING_URI set, to that MLflow server. An argument
 * says how many runs an iteration has (5).
 */
import { writeFile } from "node:fs/promises";
import * as v from "valibot";
import { createClient } from "tracklet/client";
import { choice, createExperimentsManager, MetricsAccumulator, range, suggestNext } from "tracklet/finetuning";
import { openTracker } from "tracklet/local";
import { fitScaler, loadPenguins, type Penguin, split } from "../lesson/data.ts";
import { type Classifier, judge, tune, untrained } from "./classifier.ts";
import { Registry } from "./registry.ts";
import { report, type Row } from "./report.ts";

const schema = v.object({ rate: v.number(), decay: v.number(), batch: v.picklist([8, 16, 32]), patience: v.number() });
type Params = v.InferOutput<typeof schema>;
const space = {
  rate: range(0.01, 1, { log: true }),
  decay: range(1e-5, 1e-1, { log: true }),
  batch: choice([8, 16, 32]),
  patience: choice([3]),
};
const runsPerIteration = Number(process.argv[2] ?? 5);
const pluginName = "penguins";

// Training learns from the first part; the second one stops it early, chooses among runs and judges iterations; the third
// one is looked at once, at the end, and decides nothing.
const { training, validation, heldOut } = split(await loadPenguins());
await using tracker = await openTracker();
const registry = new Registry(createClient(tracker), pluginName, "deployed");
await using manager = createExperimentsManager<Params, Classifier>({
  tracker,
  pluginName,
  mainMetric: "val_loss",
  isLoss: true,
  schema,
  accumulators: [new MetricsAccumulator("val_loss", { min: true, sliding: true, windowSize: 3 })],
  topRuns: 2,
  onNotice: () => {},
});

const initial = (await manager.getInitialModelRunId()) ?? (await manager.uploadInitialModel(firstModel()));
let best = { runId: initial, top: [] as Params[], loss: judge(await modelOf(initial), validation).loss };

// Feedback comes in batches; somebody has mixed up the labels of the last one.
const spoiled = training.map((penguin) => ({ ...penguin, label: (penguin.label + 1) % 3 }));
const batches: [batchId: string, feedback: readonly Penguin[]][] = [
  ["first feedback", training.slice(0, 20)],
  ["second feedback", training.slice(0, 50)],
  ["third feedback", training],
  ["spoiled feedback", spoiled],
];
const rows: Row[] = [];
for (const [index, [batchId, feedback]] of batches.entries()) {
  rows.push((await refusedBefore(batchId)) ?? (await iterate(batchId, feedback, index)));
}
// Once, at the end: a start that trains nothing must not deploy the old versions again in turn.
const deployed = await registry.version(best.runId);
await registry.deploy(deployed);
const final = [
  { model: "initial", ...judge(await modelOf(initial), heldOut) },
  { model: `version ${deployed}, deployed`, ...judge(await modelOf(best.runId), heldOut) },
];
const shown = <T extends { loss: number; accuracy: number }>(row: T) => ({
  ...row,
  // With the digits that decide: iterations may differ in the sixth one.
  loss: Number(row.loss.toFixed(6)),
  accuracy: Number(row.accuracy.toFixed(3)),
});
console.table(rows.map(shown));
console.log("on held-out penguins, which decided nothing:");
console.table(final.map(shown));
await writeFile("finetuning-report.html", report(rows, final));
const skipped = rows.filter((row) => row.skipped > 0).map((row) => `${row.skipped} runs of "${row.iteration}"`);
const trained = rows.reduce((sum, row) => sum + row.trained, 0);
console.log(`${trained} runs trained; skipped as they are known: ${skipped.join(", ") || "none"}`);
console.log(`version ${deployed} is deployed; report: finetuning-report.html`);

/** What is there before any feedback: trained a little, on few penguins. */
function firstModel(): Classifier {
  const few = training.slice(0, 15);
  let model = untrained(fitScaler(training.slice(0, 60)));
  let epochs = 0;
  for (model of tune(model, few, { rate: 0.05, decay: 0.001, batch: 8, patience: 0 })) if (++epochs === 3) break;
  return model;
}

async function iterate(batchId: string, feedback: readonly Penguin[], seed: number): Promise<Row> {
  const id = await manager.setIteration({ runId: best.runId, batchId });
  const start = await modelOf(best.runId);
  let [count, skipped] = [0, 0];
  for (const params of suggestNext(best.top, space, { count: runsPerIteration, seed })) {
    const { state } = await manager.setRun(params);
    if (state === "finished" || state === "failed") skipped++;
    if (state !== "started" && state !== "resumed") continue;
    count++;
    await train(start, feedback, params);
  }
  const { runId } = await manager.getBestCurrentRunId();
  const top = await manager.getTopParamsByExperimentId(id);
  await manager.finishIteration();
  if (runId === undefined) throw new Error(`no run of "${batchId}" has a model`);
  const quality = judge(await modelOf(runId), validation);
  const row = { iteration: batchId, trained: count, skipped, ...quality };
  if (quality.loss >= best.loss) {
    await registry.refuse(batchId, { iterationId: id, ...quality });
    await manager.rollBackIteration(id);
    return { ...row, result: "rolled back" };
  }
  best = { runId, top, loss: quality.loss };
  return { ...row, result: `version ${await registry.version(runId)}` };
}

/** Trains with early stopping; the model of the best epoch is saved, if it is the best of the iteration. */
async function train(start: Classifier, feedback: readonly Penguin[], params: Params): Promise<void> {
  let found: { model: Classifier; loss: number } | undefined;
  let waited = 0;
  for (const model of tune(start, feedback, params)) {
    const { loss, accuracy } = judge(model, validation);
    manager.saveMetric({ name: "val_loss", value: loss });
    manager.saveMetric({ name: "val_accuracy", value: accuracy });
    waited = found !== undefined && loss >= found.loss ? waited + 1 : 0;
    if (waited === 0) found = { model, loss };
    if (waited >= params.patience) break;
  }
  if (found !== undefined) await manager.saveModel(found.model);
  await manager.finishRun();
}

async function refusedBefore(batchId: string): Promise<Row | undefined> {
  const refused = await registry.refused(batchId);
  if (refused === undefined) return undefined;
  const { iterationId, loss, accuracy } = refused;
  // Once more, as an earlier start may have been stopped in the middle of it.
  await manager.rollBackIteration(iterationId);
  const result = "rolled back before";
  return { iteration: batchId, trained: 0, skipped: runsPerIteration, loss, accuracy, result };
}

async function modelOf(runId: string): Promise<Classifier> {
  const model = await manager.downloadModelByRunId(runId);
  if (model === undefined) throw new Error(`the model of the run ${runId} is gone`);
  return model;
}
