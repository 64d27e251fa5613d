import { describe, expect, test } from "vitest";
import { openTracker, resend } from "../../src/open/workers.ts";
import { objectBench } from "./support/object-bench.ts";

const nothing = { points: 0, requests: 0 };
const MINUTE = 60_000;

/** Active runs with what they have; and the others. */
async function seen(bench: Awaited<ReturnType<typeof objectBench>>): Promise<{ active: unknown[]; others: number }> {
  const runs = await bench.runs();
  const active = runs.filter(({ info }) => info.lifecycleStage === "active");
  return {
    active: active.map(({ info, data }) => [
      info.runName,
      info.status,
      data.latestMetrics.map(({ key }) => key),
      data.tags["mlflow.tracklet.endedBy"],
      data.tags["mlflow.tracklet.duplicateOf"],
    ]),
    others: runs.length - active.length,
  };
}

const whole = (name: string) => [name, "FINISHED", ["loss"], undefined, undefined];

describe("what a request hands over", () => {
  test("F42 a TrackletQueue delivers a model whose run was created before, with its files", async () => {
    const bench = await objectBench();
    const { runtime, namespace, options, client } = bench;
    const { clock } = runtime;
    const tracker = openTracker({ ...options, queue: namespace }, () => {});
    const run = tracker.startRun({ name: "trained" });
    const runId = await clock.until(run.runId());
    bench.down = true;
    run.logMetric("loss", 1);
    await clock.until(run.logModel({ "weights.bin": new Blob(["weights"]) }, { name: "net" }));
    void run.end();
    expect(await clock.until(tracker.close())).toMatchObject({ delivered: { points: 0 } });
    bench.down = false;
    await clock.advance(10 * MINUTE);
    expect(await seen(bench)).toEqual({ active: [whole("trained")], others: 0 });
    const { items } = await client.loggedModels.search({ experimentIds: ["0"] });
    expect(items).toMatchObject([{ name: "net", status: "READY", sourceRunId: runId }]);
    expect((await client.loggedModels.listArtifacts(items[0]!.modelId)).map(({ path }) => path)).toContain(
      "weights.bin",
    );
  }, 60_000);

  test("F42 resend() twice at the same time makes one run and one model", async () => {
    const bench = await objectBench();
    const { runtime, options, client, left } = bench;
    const { clock } = runtime;
    bench.down = true;
    const onUndelivered = (one: (typeof left)[number]): void => void left.push(one);
    const tracker = openTracker({ ...options, onUndelivered }, () => {});
    const run = tracker.startRun({ name: "late" });
    run.logMetric("loss", 1);
    await clock.until(run.logModel({ "weights.bin": new Blob(["weights"]) }, { name: "net" }));
    await clock.until(tracker.close());
    expect(left).toHaveLength(1);
    bench.down = false;
    bench.slow = 300;
    const send = () => resend(left[0]!, { ...options, delivery: {} }, () => {});
    const reports = await clock.until(Promise.all([send(), send()]));
    reports.push(await clock.until(send()));
    for (const report of reports) expect(report).toMatchObject({ pending: nothing, parked: nothing });
    expect((await seen(bench)).active).toEqual([whole("late")]);
    expect((await client.loggedModels.search({ experimentIds: ["0"] })).items).toHaveLength(1);
    expect(bench.problems.filter(({ kind }) => kind === "server-refused")).toEqual([]);
  }, 60_000);

  test("F42 what a TrackletQueue took, and onUndelivered() got as well, becomes one run", async () => {
    const bench = await objectBench();
    const { runtime, namespace, options, left } = bench;
    const { clock } = runtime;
    bench.down = true;
    bench.mute = true;
    bench.late = true;
    const onUndelivered = (one: (typeof left)[number]): void => void left.push(one);
    const tracker = openTracker({ ...options, queue: namespace, onUndelivered }, () => {});
    tracker.startRun({ name: "both" }).logMetric("loss", 1);
    await clock.until(tracker.close());
    expect(left).toHaveLength(1);
    bench.down = false;
    await clock.until(resend(left[0]!, { ...options, delivery: {} }, () => {}));
    bench.late = false;
    await clock.advance(10 * MINUTE);
    expect((await seen(bench)).active).toEqual([whole("both")]);
  }, 60_000);

  test("F42 a TrackletQueue ends no run whose request handed it over while it drained, until 10 min later", async () => {
    const bench = await objectBench();
    const { runtime, namespace, options } = bench;
    const { clock } = runtime;
    // A request that is stopped: it hands over an open run, and never says more.
    const stopped = async (name: string): Promise<void> => {
      const waits: Promise<unknown>[] = [];
      const tracker = openTracker({ ...options, queue: namespace }, (promise) => void waits.push(promise));
      tracker.startRun({ name }).logMetric("loss", 1);
      await clock.until(Promise.all(waits));
    };
    bench.down = true;
    await stopped("first");
    bench.down = false;
    bench.slow = 4_000;
    await clock.advance(10_000);
    await stopped("second");
    bench.slow = 0;
    await clock.advance(9 * MINUTE);
    const state = async () => (await bench.runs()).map(({ info }) => [info.runName, info.status]).sort();
    expect(await state()).toEqual([
      ["first", "RUNNING"],
      ["second", "RUNNING"],
    ]);
    await clock.advance(3 * MINUTE);
    expect((await seen(bench)).active).toEqual(
      expect.arrayContaining(["first", "second"].map((name) => [name, "FAILED", ["loss"], "recovery", undefined])),
    );
    const { length } = bench.alarms;
    await clock.advance(60 * MINUTE);
    expect(bench.alarms).toHaveLength(length);
  }, 60_000);

  test("F42 a TrackletQueue that cannot make sure of a run tries ever later", async () => {
    const bench = await objectBench();
    const { runtime, namespace, options } = bench;
    const { clock } = runtime;
    bench.down = true;
    const tracker = openTracker({ ...options, queue: namespace }, () => {});
    tracker.startRun({ name: "doubtful", tags: { of: "edge" } }).logMetric("loss", 1);
    await clock.until(tracker.close());
    bench.down = false;
    for (let tries = 0; tries < 100; tries++) {
      const [run] = await bench.runs();
      if (run?.info.status === "FINISHED") break;
      await clock.advance(500);
    }
    bench.down = true;
    await clock.advance(60 * MINUTE);
    const pauses = bench.alarms.slice(1).map((at, n) => at - bench.alarms[n]!);
    expect(Math.max(...pauses)).toBeGreaterThan(5 * MINUTE);
    expect(bench.alarms.length).toBeLessThan(20);
    bench.down = false;
    await clock.advance(15 * MINUTE);
    const { length } = bench.alarms;
    await clock.advance(60 * MINUTE);
    expect(bench.alarms).toHaveLength(length);
  }, 60_000);
});
