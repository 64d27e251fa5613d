import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "tracklet";
import { lineChart } from "tracklet/charts";
import { saveTfjsModel } from "tracklet/tfjs";
import { features, fitScaler, type Penguin, type Scaler, seed, source, species, type Split } from "./data.ts";
import { predict } from "./model.ts";
import { type Progress, type Screen, seconds } from "./screen.ts";
import { type Epoch, type Settings, train, type Trained } from "./train.ts";

const tries = [
  { units: 16, lr: 1, momentum: 0.9, schedule: "constant" },
  { units: 64, lr: 0.3, momentum: 0.5, schedule: "step" },
  { units: 16, lr: 0.1, momentum: 0.9, schedule: "cosine" },
  { units: 64, lr: 0.1, momentum: 0.9, schedule: "cosine" },
  { units: 32, lr: 0.03, momentum: 0.9, schedule: "step" },
  { units: 64, lr: 0.01, momentum: 0.5, schedule: "constant" },
  { units: 8, lr: 0.01, momentum: 0.9, schedule: "constant" },
  { units: 4, lr: 0.3, momentum: 0, schedule: "cosine" },
] as const;

/** A run of the sweep: what was logged, to be compared with what is read back. */
export interface Tried {
  readonly run: Run;
  readonly epochs: readonly Epoch[];
}

export interface SweepOptions {
  /** Epochs of each run, at most. */
  readonly epochs: number;
  /** How many of the settings to try. */
  readonly runs: number;
}

export const mostRuns: number = tries.length;

/** Trains one model per setting, each in a child run of `sweep`. */
export async function runSweep(sweep: Run, data: Split, screen: Screen, options: SweepOptions): Promise<Tried[]> {
  const chosen = tries.slice(0, options.runs);
  const scaler = fitScaler(data.training);
  const tried: Tried[] = [];
  for (const [index, { units, lr, momentum, schedule }] of chosen.entries()) {
    const settings: Settings = {
      model: { units, activation: "relu" },
      optimizer: { name: "sgd", lr, momentum },
      schedule,
      training: { epochs: options.epochs, batchSize: 8, patience: 6 },
      seed,
    };
    // A run as a scope: FINISHED at the end of the function, FAILED when it throws, KILLED when it is told to stop.
    const one = await sweep.withChild({ params: settings }, async (run) => {
      run.logInput(dataset(data.training), { context: "training" });
      run.logInput(dataset(data.validation), { context: "validation" });
      const trained = await trainOnScreen(run, settings, data, scaler, screen, `${index + 1}/${chosen.length}`);
      await logResults(run, settings, trained, data, scaler);
      return { run, epochs: trained.epochs };
    });
    tried.push(one);
  }
  return tried;
}

async function trainOnScreen(
  run: Run,
  settings: Settings,
  data: Split,
  scaler: Scaler,
  screen: Screen,
  number: string,
): Promise<Trained> {
  const { model, optimizer, schedule, training } = settings;
  const start = performance.now();
  const show = (epochs: readonly Epoch[]): Progress => ({
    number,
    settings: `lr ${String(optimizer.lr).padEnd(4)}  units ${String(model.units).padEnd(2)}  ${schedule.padEnd(8)}`,
    epoch: epochs.length,
    epochs: training.epochs,
    figures: [
      `val_loss ${(epochs.at(-1)?.val_loss ?? Number.NaN).toFixed(3)}`,
      `val_acc ${(epochs.at(-1)?.val_acc ?? Number.NaN).toFixed(2)}`,
      seconds(performance.now() - start),
    ],
  });
  const trained = await train(run, settings, data, scaler, (epochs) => screen.progress(show(epochs)));
  screen.done(show(trained.epochs), trained.stoppedEarly ? `stopped: no gain in ${training.patience} epochs` : "");
  return trained;
}

/** What stands for the whole run, and the files that it leaves. */
async function logResults(run: Run, settings: Settings, trained: Trained, data: Split, scaler: Scaler): Promise<void> {
  const { epochs, model } = trained;
  const best = epochs.reduce((a, b) => (b.val_loss < a.val_loss ? b : a));
  run.summary({ val_loss: best.val_loss, val_acc: best.val_acc, epochs: epochs.length });

  const predicted = predict(model, data.validation, scaler);
  const confusion = species.map(() => species.map(() => 0));
  for (const [index, { label }] of data.validation.entries()) {
    const row = confusion[label];
    const guess = predicted[index] ?? 0;
    if (row !== undefined) row[guess] = (row[guess] ?? 0) + 1;
  }
  await run.logJson(
    { labels: species, rows: "true", columns: "predicted", counts: confusion },
    "confusion-matrix.json",
  );
  await run.logTable(
    data.validation.map(({ measures, label }, index) => ({
      ...Object.fromEntries(features.map((feature, column) => [feature, measures[column]])),
      species: species[label],
      predicted: species[predicted[index] ?? 0],
    })),
    "validation.json",
  );
  const series = (["loss", "val_loss"] as const).map((name) => ({ name, y: epochs.map((epoch) => epoch[name]) }));
  await run.logFigure(lineChart({ title: run.name, x: { label: "epoch" }, series }), "curves.svg");
  await run.logText(report(run, best, epochs), "report.md");

  await saveTfjsModel(run, model, { name: "model", params: settings.model });
  // A whole directory at once: what it takes beside the model to train or predict with it again.
  const directory = await mkdtemp(join(tmpdir(), "lesson-"));
  try {
    await writeFile(join(directory, "config.json"), JSON.stringify(settings, null, 2));
    await writeFile(join(directory, "scaler.json"), JSON.stringify(scaler, null, 2));
    await run.logArtifacts(directory, "settings");
  } finally {
    await rm(directory, { recursive: true });
  }
  model.dispose();
}

function dataset(rows: readonly Penguin[]) {
  const schema = { mlflow_colspec: [...features.map((name) => column("double", name)), column("string", "Species")] };
  return { name: "penguins", sourceType: "npm", source, schema, profile: { num_rows: rows.length } };
}

function column(type: string, name: string): { type: string; name: string; required: boolean } {
  return { type, name, required: true };
}

function report(run: Run, best: Epoch, epochs: readonly Epoch[]): string {
  const line = (name: string, value: number): string => `| ${name} | ${value.toFixed(4)} |`;
  return [
    `# ${run.name}`,
    "",
    `${epochs.length} epochs; the weights of the one with the lowest validation loss are kept in the logged model.`,
    "",
    "| of that epoch | |",
    "|---|---|",
    line("validation loss", best.val_loss),
    line("validation accuracy", best.val_acc),
    line("training loss", best.loss),
    line("training accuracy", best.acc),
    "",
  ].join("\n");
}
