import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { bench, logEach } from "./test-core.ts";

describe("a tracker that is closed", () => {
  test("counts what is logged, tells it once, and hands nothing to the queue", async () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logMetric("known", 1);
    await run.end();
    await tracker.close();
    const before = queue.calls.length;
    logEach(run);
    expect(queue.calls.length).toBe(before);
    expect(problems.map((problem) => problem.message)).toEqual([
      'Cannot log the metric "known" as the tracker is closed: log before close()',
    ]);
    expect(tracker.queue.status().quarantined).toEqual({ points: 6, requests: 5 });
  });

  test("rejects what gives a promise, and starts no run", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.end();
    await tracker.close();
    const before = queue.calls.length;
    const words = "as the tracker is closed";
    await expect(run.logText("a", "a.txt")).rejects.toThrow(words);
    await expect(run.logJson(1, "a.json")).rejects.toThrow(words);
    await expect(run.logTable([], "t.json")).rejects.toThrow(words);
    await expect(run.logArtifact(new Blob(["a"]), undefined, { name: "a" })).rejects.toThrow(words);
    await expect(run.end("FAILED")).rejects.toThrow(words);
    await expect(tracker.withRun(() => {})).rejects.toThrow(words);
    expect(() => tracker.startRun()).toThrow(words);
    expect(() => run.startChild()).toThrow(ValidationError);
    expect(queue.calls.length).toBe(before);
    await run.end();
  });

  test("rejects to resume a run", async () => {
    const info = { runId: "a".repeat(32), experimentId: "1", runName: "old", lifecycleStage: "active" };
    const found = { info, data: { tags: {}, params: {}, latestMetrics: [] } };
    const { tracker, queue } = bench({}, { runs: { get: async () => found } as never });
    await tracker.close();
    await expect(tracker.resumeRun(info.runId)).rejects.toThrow("Cannot resume a run as the tracker is closed");
    expect(queue.of("adopt")).toEqual([]);
  });

  test("throws at the call when strict", async () => {
    const { tracker } = bench({ strict: true });
    const run = tracker.startRun();
    await run.end();
    await tracker.close();
    expect(() => run.logMetric("loss", 1)).toThrow(ValidationError);
    expect(() => run.logMetric("loss", 1)).toThrow("the tracker is closed");
  });

  test("takes what was begun before, and rejects what arrives after its time is over", async () => {
    let answer = (_: Response): void => {};
    const runtime = manualRuntime({
      fetch: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const { tracker, queue } = bench({}, {}, runtime);
    const run = tracker.startRun();
    const kept = run.logTable([{ a: 1 }], "t.json");
    const late = run.logArtifact(new URL("https://data.test/huge.bin")).then(() => "kept", String);
    void run.end();
    await runtime.clock.until(tracker.close({ timeout: 100 }));
    await kept;
    expect(queue.of("tag").map(([key]) => key)).toEqual(["mlflow.loggedArtifacts"]);
    answer(new Response("x"));
    expect(await late).toContain('Cannot log the artifact "huge.bin" as the tracker is closed');
    expect([...queue.bodies.keys()]).toEqual(["t.json"]);
  });
});
