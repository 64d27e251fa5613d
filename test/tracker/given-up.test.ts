import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { mockBench } from "../faults/mock-bench.ts";
import { nothing } from "../faults/workload.ts";
import { bench, logEach } from "./test-core.ts";

const words = "the run was given up by queue.discardRun(): start another one";

describe("a run that was given up", () => {
  test("counts what is logged, tells it once, and hands nothing to the queue", async () => {
    const { tracker, queue, problems } = bench();
    const [run, other] = [tracker.startRun(), tracker.startRun()];
    run.logMetric("known", 1);
    await tracker.queue.discardRun(run.localId);
    const before = queue.calls.length;
    logEach(run);
    await run.end();
    await run.end("FAILED", { until: "delivered" });
    await run[Symbol.asyncDispose]();
    expect(queue.calls.slice(before)).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual([`Cannot log the metric "known" as ${words}`]);
    expect(tracker.queue.status().quarantined).toEqual({ points: 6, requests: 5 });
    other.logMetric("loss", 1);
    expect(queue.calls.at(-1)?.slice(0, 3)).toEqual(["metric", other.localId, "loss"]);
  });

  test("rejects what gives a promise, and throws at the call when strict", async () => {
    const { tracker, queue } = bench({ strict: true });
    const run = tracker.startRun();
    await run.end();
    await tracker.queue.discardRun(run.localId);
    const before = queue.calls.length;
    await expect(run.logText("a", "a.txt")).rejects.toThrow(words);
    await expect(run.logTable([], "t.json")).rejects.toThrow(words);
    await expect(run.logModel({ a: "1" })).rejects.toThrow(words);
    expect(() => run.alertOn({ metric: "loss", above: 1 } as never)).toThrow(words);
    expect(() => run.logMetric("loss", 1)).toThrow(ValidationError);
    expect(queue.calls.length).toBe(before);
  });

  test("leaves nothing stuck when it was never made, is paused, and its handle goes on", async () => {
    const { mock, tracker, flush, runtime, problems } = await mockBench({
      queue: { ...memoryQueue(), durable: true },
    });
    tracker.queue.pause();
    const run = tracker.startRun({ name: "given up" });
    run.logMetric("m", 1);
    const id = run.runId();
    await Promise.all([
      expect(id).rejects.toThrow("it was given up"),
      runtime.clock.until(tracker.queue.discardRun(run.localId)),
    ]);
    run.logMetric("m", 2);
    await run.end();
    tracker.queue.resume();
    expect(await flush()).toMatchObject({ pending: nothing, parked: nothing, dropped: { points: 1 } });
    expect(problems.map(({ kind }) => kind)).toEqual(["scope"]);
    expect(mock.requests.filter(({ path }) => path.endsWith("runs/create"))).toEqual([]);
    await expect(runtime.clock.until(run.runId())).rejects.toThrow("it was given up");
  });

  test("has its models refuse values too, whichever run measures them, and its children go on", async () => {
    const { tracker, flush, runtime, reader, problems } = await mockBench();
    tracker.queue.pause();
    const [run, other] = [tracker.startRun({ name: "given up" }), tracker.startRun()];
    const child = run.startChild({ name: "child" });
    const model = await runtime.clock.until(run.logModel({ "a.txt": "1" }));
    await runtime.clock.until(tracker.queue.discardRun(run.localId));
    run.logMetric("m", 1, { model });
    other.logMetric("m", 2, { model });
    other.logMetric("m", 3);
    child.logMetric("m", 4);
    const later = run.startChild({ name: "later" });
    later.logMetric("m", 5);
    tracker.queue.resume();
    expect(await flush()).toMatchObject({ pending: nothing, parked: nothing, quarantined: { points: 2 } });
    expect(problems.filter(({ kind }) => kind === "scope")).toMatchObject([
      { run: run.localId, message: expect.stringContaining("the run of the model was given up") },
      { run: other.localId },
    ]);
    for (const [each, value] of [
      [other, 3],
      [child, 4],
      [later, 5],
    ] as const) {
      expect(await reader.points(await each.runId(), "m")).toEqual([expect.stringMatching(`^0 .* ${value}$`)]);
    }
  });

  test("takes values again when it is resumed by whoever means it, and the server has it", async () => {
    const { tracker, flush, runtime, reader, problems } = await mockBench();
    const run = tracker.startRun({ name: "known" });
    run.logMetric("m", 1);
    const model = await runtime.clock.until(run.logModel({ "a.txt": "1" }));
    await flush();
    const runId = await run.runId();
    await runtime.clock.until(tracker.queue.discardRun(runId));
    run.logMetric("m", 2);
    await run.end();
    await flush();
    expect(await reader.points(runId, "m")).toHaveLength(1);
    expect((await reader.run(runId)).info.status).toBe("RUNNING");
    expect(problems.map(({ kind }) => kind)).toEqual(["scope"]);
    const resumed = await runtime.clock.until(tracker.resumeRun(runId));
    expect(resumed).not.toBe(run);
    resumed.logMetric("m", 3);
    resumed.logMetric("f1", 4, { model });
    await runtime.clock.until(resumed.end());
    expect(await flush()).toMatchObject({ pending: nothing, parked: nothing });
    expect((await reader.points(runId, "m")).map((point) => point.at(-1))).toEqual(["1", "3"]);
    expect((await run.receipt()).lines).toMatchObject([{ key: "m", logged: 3, acknowledged: 2, quarantined: 1 }]);
    expect((await reader.run(runId)).info.status).toBe("FINISHED");
  });

  test("leaves a run that was resumed since to whoever resumed it: its own end() does nothing", async () => {
    const { tracker, flush, runtime, reader } = await mockBench();
    const run = tracker.startRun({ name: "a" });
    await flush();
    await runtime.clock.until(tracker.queue.discardRun(run.localId));
    const again = await runtime.clock.until(tracker.resumeRun(run.localId));
    await runtime.clock.until(run.end());
    again.logMetric("m", 1);
    await flush();
    expect(await reader.points(await run.runId(), "m")).toHaveLength(1);
    expect((await reader.run(await run.runId())).info.status).toBe("RUNNING");
  });
});
