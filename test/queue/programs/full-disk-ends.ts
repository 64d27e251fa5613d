/**
 * Ends a program in each way while the disk is full, on a small disk. Says, as JSON, what each said on standard error and
 * what its queue file holds then.
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readQueueFile } from "../../../src/cli/queue-file.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";

const [directory = "", how] = process.argv.slice(2);
const filler = join(directory, "filler");
/** Those who have opened their queues, and wait to go on. */
const waiting: NodeJS.WritableStream[] = [];
const ends = ["close", "normal", "signal", "error", "exit"];

if (how === undefined) {
  const said = await Promise.all(
    ends.map(async (end) => {
      mkdirSync(join(directory, end));
      return spawned(end);
    }),
  );
  rmSync(filler);
  const held = ends.map((end, n) => {
    const { waiting } = readQueueFile(join(directory, end, "queue.db")).counts;
    return { end, ...said[n], waiting };
  });
  console.log(JSON.stringify({ ends: held }));
} else await train(how);

/** Starts itself; when all have filled what they could, the disk is full. */
async function spawned(end: string): Promise<{ stderr: string; code: number | null; signal: string | null }> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, directory, end]);
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  child.stdout.on("data", (text: Buffer) => {
    if (text.toString().includes("kept")) ready(child.stdin);
  });
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ stderr, code, signal })));
}

/** Fills the disk once all have opened their queues, and lets them go on. */
function ready(stdin: NodeJS.WritableStream): void {
  waiting.push(stdin);
  if (waiting.length < ends.length) return;
  try {
    writeFileSync(filler, new Uint8Array(20_000_000));
  } catch {
    // It is full now.
  }
  for (const each of waiting) each.end("go");
}

async function train(end: string): Promise<void> {
  const tracker = createTracker({
    trackingUri: "http://127.0.0.1:9",
    queue: sqliteQueue({ path: join(directory, end, "queue.db") }),
    delivery: { exitTimeout: 300 },
    onProblem: () => {},
  });
  const run = tracker.startRun({ name: end });
  run.logMetric("loss", 1, { step: 0 });
  await tracker.flush({ until: "durable" });
  console.log("kept");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  process.stdin.destroy();
  for (let step = 1; step <= 5_000; step++) run.logMetric("loss", Math.sin(step), { step });
  if (end === "close") {
    const { pending, unkept } = await tracker.close();
    process.stderr.write(`${JSON.stringify({ pending, unkept })}\n`);
  } else if (end === "signal") {
    setInterval(() => {}, 60_000);
    process.kill(process.pid, "SIGINT");
  }
  if (end === "error") throw new Error("the loss exploded");
  if (end === "exit") process.exit();
}
