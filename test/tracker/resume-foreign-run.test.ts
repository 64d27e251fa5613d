import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";

const trackingUri = "http://oracle.test";

/** A run that Python's client made, and trackers of processes that share a queue, of which the first loses one answer. */
async function stage(): Promise<{ oracle: OracleServer; runtime: ManualRuntime; id: string; start: () => Tracker }> {
  const runtime = manualRuntime({ seed: 1 });
  const oracle = new OracleServer(runtime.clock);
  const client = createClient({ trackingUri, fetch: oracle.fetch });
  const experimentId = await client.experiments.create({ name: "Default" });
  const { info } = await client.runs.create({ experimentId, name: "py", startTime: 1 });
  const queue = { ...memoryQueue(), durable: true };
  let seed = 1;
  const start = (): Tracker => {
    const own = manualRuntime({ clock: runtime.clock, seed: ++seed });
    return createTracker({ trackingUri, fetch: oracle.fetch, queue, runtime: own, onProblem: () => {} });
  };
  return { oracle, runtime, id: info.runId, start };
}

/** Steps of the points that the run has. */
function steps(oracle: OracleServer): number[] {
  return [...oracle.named("py").points].map((row) => (JSON.parse(row) as [string, number])[1]).sort();
}

describe("Tracker.resumeRun() of a run that another client made", () => {
  test("gives it the same localId in each process", async () => {
    const { id, start } = await stage();
    const ids = [await start().resumeRun(id), await start().resumeRun(id)].map(({ localId }) => localId);
    expect(ids).toEqual([id, id]);
  });

  test("leaves the tag that the last process set, when an answer to an earlier one was lost", async () => {
    const { oracle, runtime, id, start } = await stage();
    const [first, second] = [start(), start()];
    let lost = 0;
    oracle.fault = ({ body }) => (JSON.stringify(body).includes("first") && lost++ === 0 ? "drop-after" : undefined);
    (await first.resumeRun(id)).setTag("stage", "first");
    await runtime.clock.until(first.flush());
    await runtime.clock.until(first.close());
    const run = await runtime.clock.until(second.resumeRun(id));
    run.setTag("stage", "second");
    await runtime.clock.until(second.flush());
    await runtime.clock.advance(600_000);
    expect(lost).toBeGreaterThan(0);
    expect(oracle.named("py").tags.get("stage")).toBe("second");
  });

  test("leaves it RUNNING when the answer to its earlier end was lost", async () => {
    const { oracle, runtime, id, start } = await stage();
    const [first, second] = [start(), start()];
    const run = await first.resumeRun(id);
    await runtime.clock.until(first.flush());
    let lost = 0;
    oracle.fault = ({ path }) => (path.endsWith("runs/update") && lost++ === 0 ? "drop-after" : undefined);
    await runtime.clock.until(run.end());
    await runtime.clock.until(first.close());
    expect(oracle.named("py").status).toBe("FINISHED");
    await runtime.clock.until(second.resumeRun(id));
    await runtime.clock.until(second.flush());
    await runtime.clock.advance(600_000);
    expect(lost).toBeGreaterThan(0);
    expect(oracle.named("py").status).toBe("RUNNING");
  });

  test("goes on with it by its localId in the next program, which is paused and has no network", async () => {
    const { oracle, runtime, id, start } = await stage();
    const first = start();
    const run = await runtime.clock.until(first.resumeRun(id));
    run.logMetric("m", 1);
    await runtime.clock.until(first.flush());
    first.queue.pause();
    run.logMetric("m", 2);
    await runtime.clock.until(first.close());
    oracle.fault = () => "drop-before";
    const second = start();
    second.queue.pause();
    (await runtime.clock.until(second.resumeRun(run.localId))).logMetric("m", 3);
    oracle.fault = () => undefined;
    second.queue.resume();
    await runtime.clock.until(second.close());
    expect(steps(oracle)).toEqual([0, 1, 2]);
  });

  test("gives no step twice while an earlier part of it waits", async () => {
    const { oracle, runtime, id, start } = await stage();
    const [first, second] = [start(), start()];
    const run = await runtime.clock.until(first.resumeRun(id));
    oracle.fault = ({ path }) => (path.endsWith("log-batch") ? { status: 503 } : undefined);
    run.logMetric("m", 1);
    run.logMetric("m", 2);
    await runtime.clock.until(first.close({ timeout: 1_000 }));
    (await runtime.clock.until(second.resumeRun(id))).logMetric("m", 3);
    oracle.fault = () => undefined;
    await runtime.clock.until(second.flush());
    expect(steps(oracle)).toEqual([0, 1, 2]);
  });
});
