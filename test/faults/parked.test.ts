import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { mockBench } from "./mock-bench.ts";
import { expectAllDelivered, nothing } from "./workload.ts";

describe("TrackerQueue.discardRun()", () => {
  test("F16 gives up a run that somebody deleted: it is over, and its receipt says what was dropped", async () => {
    const { mock, tracker, flush, runtime, reader, problems } = await mockBench();
    const [run, other] = [tracker.startRun({ name: "gone" }), tracker.startRun()];
    run.logMetric("loss", 1);
    expectAllDelivered(await flush());
    const { runs } = createClient({ trackingUri: mock.trackingUri, fetch: mock.fetch });
    const runId = await run.runId();
    await runs.delete(runId);
    for (let step = 1; step < 100; step++) run.logMetric("loss", step, { step });
    run.logParam("lr", 0.1);
    other.logMetric("loss", 1);
    expect(await flush()).toMatchObject({ pending: nothing, parked: { points: 99, requests: 1 } });
    expect(problems).toMatchObject([
      { kind: "run-parked", run: run.localId, message: expect.stringMatching(/restore.*queue\.discardRun\(\)/) },
    ]);
    await runtime.clock.until(tracker.queue.discardRun(runId));
    expect(tracker.queue.status()).toMatchObject({ parked: nothing, waiting: nothing, problems: [] });
    // With its end, which the call made itself.
    expect(await flush()).toMatchObject({ pending: nothing, parked: nothing, dropped: { points: 99, requests: 2 } });
    expect((await run.receipt()).lines).toMatchObject([
      { key: "loss", logged: 100, acknowledged: 1, dropped: 99 },
      { key: "lr", logged: 1, acknowledged: 0, dropped: 1 },
    ]);
    expect(await reader.points(await other.runId(), "loss")).toHaveLength(1);
    await runs.restore(runId);
    expect(await reader.points(runId, "loss")).toHaveLength(1);
    const resumed = await runtime.clock.until(tracker.resumeRun(runId));
    resumed.logMetric("loss", 7);
    await resumed.end();
    expectAllDelivered({ ...(await flush()), dropped: nothing });
    expect(await reader.points(runId, "loss")).toHaveLength(2);
  });

  test("F16 refuses what is no run, and says so", async () => {
    const { tracker, runtime } = await mockBench();
    for (const id of ["", "r-nobody", undefined as never, 7 as never]) {
      await expect(runtime.clock.until(tracker.queue.discardRun(id))).rejects.toThrow(
        /Cannot discard the run as its id/,
      );
    }
  });
});
