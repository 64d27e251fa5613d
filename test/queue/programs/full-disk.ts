// Logs to a queue in a folder on a small disk until that is full, goes on, makes room, and delivers. Says what it saw, as JSON.
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { testServer } from "../../support/test-server.ts";

const [directory = ""] = process.argv.slice(2);
const filler = join(directory, "filler");
writeFileSync(filler, new Uint8Array(2_500_000));
const free = (): number => statfsSync(directory).bavail * statfsSync(directory).bsize;
const atFirst = free();
const { fetch } = await testServer();
let up = false;
let told = (): void => {};
const full = new Promise<void>((resolve) => (told = resolve));
const problems: string[] = [];
const tracker = createTracker({
  trackingUri: "http://127.0.0.1:9",
  queue: sqliteQueue({ path: join(directory, "queue.db") }),
  fetch: async (request) => (up ? fetch(request) : new Response("later", { status: 503 })),
  onProblem: ({ kind, message }) => {
    if (kind !== "storage") return;
    problems.push(message);
    told();
  },
});
const run = tracker.startRun({ name: "full" });
let step = 0;
const log = (points: number): void => {
  for (const end = step + points; step < end; step++) run.logMetric("loss", Math.sin(step), { step });
};
for (let blocks = 0; problems.length === 0 && blocks < 1_000; blocks++) {
  log(2_000);
  await Promise.race([tracker.flush({ until: "durable" }), full]);
}
const whenFull = free();
// Training goes on: what comes now stays in memory.
log(5_000);
const waiting = tracker.queue.status().waiting.points;
rmSync(filler);
await tracker.flush({ until: "durable" });

up = true;
const { pending, dropped, quarantined } = await tracker.flush();
const stored = await tracker.getMetricHistory(await run.runId(), "loss");
const steps = new Set(stored.map((point) => point.step));
await run.end();
await tracker.close();
console.log(
  JSON.stringify({
    atFirst,
    whenFull,
    problems,
    logged: step,
    waiting,
    rows: stored.length,
    steps: steps.size,
    lost: pending.points + dropped.points + quarantined.points,
  }),
);
