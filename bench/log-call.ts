import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTracker, memoryQueue } from "tracklet";
import { createServer } from "tracklet/server";
import { commandOf, executableOf } from "../test/kill/runtimes.ts";
import { compareSlices, type Slice } from "./support/slices.ts";

const slice = 2_000;
const rounds = 300;

/** What any log call must at least do: keep key, value, step and the time of the call. */
function bareArrays(): Slice {
  const capacity = 1000;
  const keys = new Uint16Array(capacity);
  const values = new Float64Array(capacity);
  const steps = new Int32Array(capacity);
  const times = new Float64Array(capacity);
  let length = 0;
  const push = (key: number, value: number, step: number): void => {
    if (length === capacity) length = 0;
    keys[length] = key;
    values[length] = value;
    steps[length] = step;
    times[length] = Date.now();
    length++;
  };
  return () => {
    const began = performance.now();
    for (let step = 0; step < slice; step++) push(0, step * 0.5, step);
    return performance.now() - began;
  };
}

/** Cost of one log call against the least that any log call must do, in this runtime. Prints one line. */
export async function measureLogCall(runtime: string): Promise<void> {
  const server = createServer({ database: ":memory:" });
  const tracker = createTracker({
    trackingUri: "http://tracklet.localhost",
    fetch: server.fetch,
    experiment: "bench",
    queue: memoryQueue(),
    delivery: { mode: "manual" },
  });
  const run = tracker.startRun({ name: "log-call" });
  const names = Array.from({ length: 10 }, (_, n) => `metric-${n}`);
  let next = 0;
  // A loop of its own for each, so that each is compiled for what it does.
  const oneKey: Slice = () => {
    const began = performance.now();
    for (let index = 0; index < slice; index++) run.logMetric("loss", next++ * 0.5);
    return performance.now() - began;
  };
  const tenKeys: Slice = () => {
    const began = performance.now();
    for (let index = 0; index < slice; index++) run.logMetric(names[index % 10] as string, index * 0.5);
    return performance.now() - began;
  };
  const ways = [bareArrays(), oneKey, tenKeys];
  // What was logged is delivered between the rounds, and is not counted.
  const results = await compareSlices(ways, rounds, async (round) => round % 5 === 0 && tracker.flush());
  const text = results.map(({ milliseconds, ratio }, way) => {
    const each = `${((milliseconds * 1e6) / slice).toFixed(0)} ns`;
    return way === 0
      ? `floor ${each}`
      : `${way === 1 ? "one key" : "ten keys in turn"} ${each} (x ${ratio.toFixed(2)})`;
  });
  console.log(`  ${runtime.padEnd(5)} ${text.join(", ")}`);
  await run.end();
  await tracker.flush();
  await tracker.close();
  server.close();
}

/** The same in Node, Deno and Bun, each a process of its own. */
export async function benchLogCall(): Promise<void> {
  console.log(
    `\nlog call: medians of ${rounds} rounds of ${slice} points; the floor is a bare typed-array push + Date.now()`,
  );
  const program = fileURLToPath(import.meta.url);
  for (const name of ["node", "deno", "bun"] as const) {
    const [command = "", ...args] = commandOf(name, executableOf(name));
    try {
      const { stdout } = await promisify(execFile)(command, [...args, program, name]);
      process.stdout.write(stdout);
    } catch (error) {
      console.log(`  ${name} is not here: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
  }
}

if (import.meta.main && process.argv[2] !== undefined) await measureLogCall(process.argv[2]);
