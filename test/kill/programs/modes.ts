// Records through a queue file, ONLINE and OFFLINE in turns, says what is durable, and lives until it is killed. With an id
// it goes on with that recording, and ends it.
import { writeSync } from "node:fs";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createRecorder } from "../../../src/recorder/index.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";

const [path = "", trackingUri = "", id] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
say(`up ${process.pid}`);
const tracker = createTracker({
  trackingUri,
  queue: sqliteQueue({ path }),
  delivery: { flushInterval: 10, batchSize: 20 },
  onProblem: ({ kind, message }) => say(`problem ${kind} ${message}`),
});
const recorder = createRecorder({ tracker, name: "walk", project: "modes", environment: false });
if (id === undefined) {
  const { recordingId } = await recorder.start();
  say(`recording ${recordingId}`);
  for (let step = 0; ; step++) {
    recorder.addRecord({ loss: step }, { step, timestamp: 1_900_000_000_000 + step });
    if (step % 7 === 0) recorder.setMode(recorder.mode === "ONLINE" ? "OFFLINE" : "ONLINE");
    if (step % 25 !== 0) continue;
    await tracker.flush({ until: "durable" });
    say(`durable ${step}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
await recorder.attach(id);
recorder.addRecord({ loss: -1 }, { step: 1_000_000, timestamp: 1_950_000_000_000 });
// What may be on the server already is looked for twice, five seconds apart: about as long as is waited by default.
const { pending, quarantined, dropped } = await recorder.stop("FINISHED", { timeout: 40_000 });
await tracker.close();
say(`end ${JSON.stringify({ pending, quarantined, dropped })}`);
