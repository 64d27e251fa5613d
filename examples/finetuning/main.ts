/**
 * Fine-tuning of a classifier of penguins as feedback comes in: three iterations, each from the best model and the best
 * parameters of the last one, and a fourth on spoiled feedback that is rolled back. Started again, it trains nothing.
 *
 * `npm run -s example:finetuning` tracks to `./mlflow.db`; with MLFLOW_TRACKING_URI set, to that MLflow server.
 */
import { writeFile } from "node:fs/promises";
import * as v from "valibot";
import { lineChart } from "tracklet/charts";
import { createClient } from "tracklet/client";
import { choice, createExperimentsManager, MetricsAccumulator, range, suggestNext } from "tracklet/finetuning";
import { openTracker } from "tracklet/local";
import { fitScaler, loadPenguins, type Penguin, split } from "../lesson/data.ts";
import { type Classifier, judge, type Training, tune, untrained } from "./classifier.ts";

const schema = v.object({ rate: v.number(), decay: v.number(), batch: v.picklist([8, 16, 32]), patience: v.number() });
const space = {
  rate: range(0.01, 1, { log: true }),
  decay: range(1e-5, 1e-1, { log: true }),
  batch: choice([8, 16, 32]),
  patience: choice([3]),
};
const runsPerIteration = 5;
const pluginName = "penguins";
const alias = "deployed";
/** So much worse a model may be on the same penguins by chance. */
const tolerance = 1.05;

const { training, validation } = split(await loadPenguins());
await using tracker = await openTracker();
const { registeredModels, modelVersions } = createClient(tracker);
await using manager = createExperimentsManager<v.InferOutput<typeof schema>, Classifier>({
  tracker,
  pluginName,
  mainMetric: "val_loss",
  isLoss: true,
  schema,
  accumulators: [new MetricsAccumulator("val_loss", { min: true, sliding: true, windowSize: 3 })],
  topRuns: 2,
  onNotice: () => {},
});

const rows: { iteration: string; trained: number; skipped: number; loss: number; accuracy: number; result: string }[] =
  [];

const initial = (await manager.hasInitialModel())
  ? await manager.getInitialModelRunId()
  : await manager.uploadInitialModel(untrained(fitScaler(training.slice(0, 60))));
if (initial === undefined) throw new Error("the initial model is gone");
let best = { runId: initial, top: [] as Training[], loss: await lossOf(initial) };

// Feedback comes in batches; somebody has mixed up the labels of the last one.
const spoiled = training.map((penguin) => ({ ...penguin, label: (penguin.label + 1) % 3 }));
const batches: [batchId: string, feedback: readonly Penguin[]][] = [
  ["first feedback", training.slice(0, 30)],
  ["second feedback", training.slice(0, 90)],
  ["third feedback", training],
  ["spoiled feedback", spoiled],
];
for (const [index, [batchId, feedback]] of batches.entries()) {
  if (await wasRolledBack(batchId)) {
    rows.push({
      iteration: batchId,
      trained: 0,
      skipped: runsPerIteration,
      loss: Number.NaN,
      accuracy: Number.NaN,
      result: "rolled back before",
    });
    continue;
  }
  rows.push(await iterate(batchId, feedback, index));
}
// Once, at the end: a start that trains nothing must not deploy the old versions again in turn.
const deployed = await register(best.runId);
if ((await registeredModels.getByAlias(pluginName, alias))?.version !== deployed)
  await registeredModels.setAlias(pluginName, alias, deployed);
console.table(rows);
await writeFile("finetuning-report.html", report());
const trained = rows.reduce((sum, row) => sum + row.trained, 0);
const skipped = rows.reduce((sum, row) => sum + row.skipped, 0);
console.log(
  `${trained} runs trained, ${skipped} skipped as they are known; version ${deployed} is deployed; report: finetuning-report.html`,
);

async function iterate(batchId: string, feedback: readonly Penguin[], seed: number): Promise<(typeof rows)[number]> {
  const id = await manager.setIteration({ runId: best.runId, batchId });
  const start = await manager.downloadModelByRunId(best.runId);
  if (start === undefined) throw new Error(`the model of ${best.runId} is gone`);
  let count = 0;
  for (const params of suggestNext<v.InferOutput<typeof schema>>(best.top as never, space as never, {
    count: runsPerIteration,
    seed,
  })) {
    const { state } = await manager.setRun(params);
    if (state !== "started" && state !== "resumed") continue;
    count++;
    await train(start, feedback, params);
  }
  const { runId } = await manager.getBestCurrentRunId();
  const top = await manager.getTopParamsByExperimentId(id);
  await manager.finishIteration();
  if (runId === undefined) throw new Error(`no run of "${batchId}" has a model`);
  const model = await manager.downloadModelByRunId(runId);
  const quality = judge(model ?? start, validation);
  const row = { iteration: batchId, trained: count, skipped: runsPerIteration - count, ...quality };
  if (quality.loss > best.loss * tolerance) {
    await rollBack(id, batchId);
    return { ...row, result: "rolled back" };
  }
  best = { runId, top, loss: quality.loss };
  return { ...row, result: `version ${await register(runId)}` };
}

/** Trains with early stopping; the model of the best epoch is saved, if it is the best of the iteration. */
async function train(start: Classifier, feedback: readonly Penguin[], params: Training): Promise<void> {
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

/** Makes a run's model a version of the registered model, once. */
async function register(runId: string): Promise<number> {
  await registered();
  const { items } = await modelVersions.search({ filter: `name = '${pluginName}' AND run_id = '${runId}'` });
  const version = items[0] ?? (await modelVersions.create(pluginName, { source: `runs:/${runId}/model`, runId }));
  return version.version;
}

async function rollBack(id: string, batchId: string): Promise<void> {
  await registered();
  await registeredModels.setTag(pluginName, `rolled back ${batchId}`, id);
  await manager.rollBackIteration(id);
}

async function wasRolledBack(batchId: string): Promise<boolean> {
  const { tags } = await registered();
  const id = tags[`rolled back ${batchId}`];
  // Once more, as an earlier start may have been stopped in the middle of it.
  if (id !== undefined) await manager.rollBackIteration(id);
  return id !== undefined;
}

async function registered() {
  const { items } = await registeredModels.search({ filter: `name = '${pluginName}'` });
  return items[0] ?? registeredModels.create({ name: pluginName });
}

async function lossOf(runId: string): Promise<number> {
  const model = await manager.downloadModelByRunId(runId);
  return model === undefined ? Number.POSITIVE_INFINITY : judge(model, validation).loss;
}

function report(): string {
  const cells = rows.map(
    ({ iteration, trained, skipped, loss, accuracy, result }) =>
      `<tr><td>${iteration}<td>${trained}<td>${skipped}<td>${loss.toFixed(4)}<td>${(accuracy * 100).toFixed(1)} %<td>${result}`,
  );
  const chart = lineChart({
    title: "validation loss by iteration",
    series: [{ name: "val_loss", y: rows.map(({ loss }) => loss) }],
  });
  return `<!doctype html><meta charset="utf-8"><title>Fine-tuning</title><h1>Fine-tuning of ${pluginName}</h1>${chart}
<table><tr><th>iteration<th>trained<th>skipped<th>loss<th>accuracy<th>result${cells.join("\n")}</table>`;
}
