import { createTracker, memoryQueue } from "tracklet";
import { createServer } from "tracklet/server";
import { printRace } from "./support/print.ts";
import { type Contestant, race } from "./support/race.ts";

const points = 50_000;

/** What any log call must at least do: keep key, value, step and the time of the call. */
function bareArrays(): Contestant {
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
  return {
    name: "bare typed-array push + Date.now()",
    run() {
      const began = performance.now();
      for (let step = 0; step < points; step++) push(0, step * 0.5, step);
      const took = performance.now() - began;
      if (length === 0) throw new Error("nothing was pushed");
      return took;
    },
  };
}

/** `run.logMetric` of a tracker that delivers to an embedded server; delivery happens between the rounds. */
async function logMetric(): Promise<Contestant & { close(): Promise<void> }> {
  const server = createServer({ database: ":memory:" });
  const tracker = createTracker({
    trackingUri: "http://tracklet.localhost",
    fetch: server.fetch,
    experiment: "bench",
    queue: memoryQueue(),
    delivery: { mode: "manual" },
  });
  const run = tracker.startRun({ name: "log-call" });
  let next = 0;
  return {
    name: "run.logMetric(key, value)",
    async run() {
      const began = performance.now();
      for (let i = 0; i < points; i++) run.logMetric("loss", next++ * 0.5);
      const took = performance.now() - began;
      const report = await tracker.flush();
      if (report.pending.points + report.dropped.points !== 0) throw new Error("points were left or dropped");
      return took;
    },
    async close() {
      await run.end();
      await tracker.flush();
      await tracker.close();
      server.close();
    },
  };
}

/** Cost of one log call against the least that any log call must do. */
export async function benchLogCall(): Promise<void> {
  const tracked = await logMetric();
  const results = await race([bareArrays(), tracked], 15);
  printRace(`log call: ${points.toLocaleString("en-US")} points a round`, results, points, "point");
  await tracked.close();
}
