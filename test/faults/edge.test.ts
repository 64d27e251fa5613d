import { describe, expect, test } from "vitest";
import { mockBench } from "./mock-bench.ts";
import { nothing } from "./workload.ts";

describe("an edge function that ends while its run is delivered", () => {
  test("F42 hands waitUntil() a promise that settles when all is delivered", async () => {
    const waits: Promise<unknown>[] = [];
    const { mock, tracker, runtime, reader } = await mockBench({
      waitUntil: (promise) => void waits.push(promise),
      delivery: { exitTimeout: 600_000 },
    });
    mock.faults.add({ on: "runs/log-batch", delay: 3_000, times: 1 });
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    void run.end();
    expect(waits).toHaveLength(1);
    await runtime.clock.until(Promise.all(waits));
    expect(runtime.clock.monotonic()).toBeLessThan(600_000);
    expect(tracker.queue.status()).toMatchObject({ waiting: nothing, delivered: { points: 1 } });
    expect((await reader.run(await run.runId())).info.status).toBe("FINISHED");
    await runtime.clock.until(tracker.close());
  });

  test("F42 waits no longer than exitTimeout, and tells what is left: nothing counts as delivered before its answer", async () => {
    const waits: Promise<unknown>[] = [];
    const { mock, tracker, runtime, reader } = await mockBench({
      waitUntil: { waitUntil: (promise) => void waits.push(promise) },
      delivery: { exitTimeout: 4_000 },
    });
    const run = tracker.startRun();
    await runtime.clock.until(run.runId());
    mock.faults.add({ on: "runs/log-batch", delay: 60_000, times: 100 });
    run.logMetric("loss", 1);
    void run.end();
    const before = runtime.clock.monotonic();
    await runtime.clock.until(Promise.all(waits));
    expect(runtime.clock.monotonic() - before).toBeLessThan(5_000);
    const report = await runtime.clock.until(tracker.close());
    expect(report).toMatchObject({ delivered: { points: 0 }, pending: { points: 1 } });
    expect(await reader.points(await run.runId(), "loss")).toEqual([]);
    expect(runtime.errorText.join("")).toMatch(/1 point and 1 request did not reach/);
  });
});
