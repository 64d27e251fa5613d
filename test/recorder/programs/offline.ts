// Records OFFLINE into the queue file in the first argument, says its id and what is durable, and lives until it is killed.
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createRecorder } from "../../../src/recorder/index.ts";

const [path = ""] = process.argv.slice(2);
const recorder = createRecorder({
  tracker: ({ experiment = "" }) =>
    createTracker({ trackingUri: "http://localhost:5000", experiment, queue: sqliteQueue({ path }) }),
  name: "walk",
  project: "field study",
  notes: "windy",
  hyperParameters: { lr: 0.1 },
  mode: "OFFLINE",
  batchProcessingInterval: 10,
  environment: false,
});
recorder.attachAlertOn({ id: "high", metric: "loss", operator: ">", value: 1e6 });
const { run, recordingId } = await recorder.start();
for (let step = 0; step < 1_500; step++) recorder.addRecord({ loss: step });
await run.logText("kept", "note.txt");
console.log(`durable ${recordingId}`);
setInterval(() => {}, 1_000);
