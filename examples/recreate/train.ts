/**
 * Looks for the rate at which a training begins to diverge: it grows from epoch to epoch, until an alert says that it was
 * too much, and the training stops. All that it ran on is kept with the recording, for `recreate.ts`.
 *
 * `npm run -s example:recreate` records to `./mlflow.db`; with MLFLOW_TRACKING_URI set, to that MLflow server. An argument
 * says which rate it begins with (0.5).
 */
import { readFile } from "node:fs/promises";
import { openTracker } from "tracklet/local";
import { type Alert, createRecorder } from "tracklet/recorder";
import { Model, readPenguins } from "../offline-page/softmax.ts";

const rate = Number(process.argv[2] ?? 0.5);
const growth = 1.3;
const rows = new URL("../data/penguins.json", import.meta.resolve("vega-datasets"));
const penguins = readPenguins(JSON.parse(await readFile(rows, "utf8")));

await using tracker = await openTracker({ experiment: "recreate" });
const recorder = createRecorder({
  tracker,
  name: `rate from ${rate}`,
  dataset: "penguins",
  modelClass: "softmax",
  hyperParameters: { rate, growth },
});
let diverged: Alert | undefined;
recorder.attachAlertOn({
  metric: "loss",
  operator: ">",
  value: 1.2,
  text: "no better than chance",
  onAlert(alert) {
    diverged = alert;
  },
});

const id = await recorder.record(async (_, { recordingId }) => {
  const model = new Model();
  for (let epoch = 1; epoch <= 100 && diverged === undefined; epoch++) {
    const now = rate * growth ** (epoch - 1);
    const { loss, accuracy } = model.learn(penguins, now);
    recorder.addRecord({ loss, accuracy, rate: now }, { step: epoch });
    // What an epoch has logged is safe before the next one begins, and who listens to alerts has heard of it.
    await tracker.flush({ until: "durable" });
  }
  recorder.summary({ highestRate: rate * growth ** ((diverged?.step ?? 100) - 1) });
  return recordingId;
});

if (diverged !== undefined)
  console.log(`stopped at epoch ${diverged.step} with loss ${diverged.value}: ${diverged.text}`);
console.log(`recorded ${id}`);
