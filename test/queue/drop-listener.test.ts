import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/usage-errors.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { Problem } from "../../src/queue/types.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Run } from "../../src/tracker/types/run.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";

/** Two runs log more than memory holds while the storage takes nothing; `listener` hears of the first drop. */
async function dropped(
  whenFull: "decimate" | "drop-oldest-metrics",
  listener: (runs: Run[], start: () => Run) => void,
) {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  const inner = memoryQueue();
  let full = false;
  let told = 0;
  const runs: Run[] = [];
  const start = (name: string): Run => {
    const run = tracker.startRun({ name });
    runs.push(run);
    return run;
  };
  const tracker = createTracker({
    trackingUri: "http://oracle.test",
    fetch: oracle.fetch,
    runtime,
    queue: {
      ...inner,
      durable: true,
      async open() {
        const store = await inner.open();
        const append = store.append.bind(store);
        store.append = (...args) => (full ? Promise.reject(new StorageError("disk full")) : append(...args));
        return store;
      },
    },
    delivery: { batchSize: 50, maxMemoryBytes: 10_000, whenFull },
    onProblem({ kind }: Problem) {
      if (kind === "dropped" && told++ === 0) listener(runs, () => start("late"));
    },
  });
  for (const name of ["a", "b"]) start(name);
  await runtime.clock.until(tracker.flush());
  full = true;
  for (let step = 0; step < 500; step++) for (const run of runs.slice(0, 2)) run.logMetric("m", step, { step });
  await runtime.clock.advance(3_000);
  full = false;
  await runtime.clock.advance(60_000);
  const report = await runtime.clock.until(tracker.flush({ timeout: 30_000 }));
  const points = [...oracle.runs.values()].reduce((sum, run) => sum + run.points.size, 0);
  return { oracle, report, points };
}

describe.each(["decimate", "drop-oldest-metrics"] as const)(
  "A problem listener that hears of a drop by %s",
  (whenFull) => {
    test("ends the runs, and neither their ends nor a point of them is lost or counted twice", async () => {
      const { oracle, report, points } = await dropped(whenFull, (runs) => {
        for (const run of runs) void run.end("FAILED");
      });
      for (const name of ["a", "b"]) expect(oracle.named(name).status).toBe("FAILED");
      expect(report.pending).toEqual({ points: 0, requests: 0 });
      expect(report.dropped.points).toBeGreaterThan(0);
      expect(points + report.dropped.points).toBe(1_000);
    });

    test("ends the runs and starts another, which the server gets", async () => {
      const { oracle, report, points } = await dropped(whenFull, (runs, start) => {
        for (const run of runs) void run.end("FAILED");
        start();
      });
      expect(oracle.named("late").status).toBe("RUNNING");
      expect(points + report.dropped.points).toBe(1_000);
    });
  },
);
