import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";
import { kinds, World } from "./world.ts";

const nothing = { points: 0, requests: 0 };

/** A run of which `points` points, a param and its end wait, as somebody deleted it on the server. */
async function parked(it: Harness, points = 1_500): Promise<string> {
  const { queue, oracle, runtime, start } = it;
  const run = start("gone");
  queue.logMetric(run, "loss", 0, 0, 0);
  await runtime.clock.until(queue.flush());
  oracle.named("gone").deleted = true;
  for (let step = 1; step <= points; step++) queue.logMetric(run, "loss", step, step, step);
  queue.logParam(run, "lr", "0.1");
  queue.updateRun(run, { status: "FINISHED", endTime: 9 });
  await runtime.clock.until(queue.flush());
  return run;
}

/** Durable, as the parts that are alone in knowing it say. */
function durable(): QueueStorage {
  return { ...memoryQueue(), durable: true };
}

describe("Queue.discardRun()", () => {
  test("drops all that waits of a parked run, counts it, and leaves others alone", async () => {
    const it = harness();
    const { queue, runtime, oracle, start, problems } = it;
    const run = await parked(it);
    expect(queue.status().parked).toEqual({ points: 1_500, requests: 2 });
    queue.pause();
    const other = start("other");
    queue.logMetric(other, "loss", 1, 1, 1);
    queue.resume();
    await runtime.clock.until(queue.discardRun(run));
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({
      delivered: { points: 2 },
      pending: nothing,
      parked: nothing,
      quarantined: nothing,
      dropped: { points: 1_500, requests: 2 },
      problems: [],
    });
    expect(problems.map(({ kind }) => kind)).toContain("run-parked");
    expect((await queue.receipt(run)).lines).toMatchObject([
      { key: "loss", logged: 1_501, acknowledged: 1, dropped: 1_500 },
      { key: "lr", logged: 1, acknowledged: 0, dropped: 1 },
    ]);
    expect(oracle.named("gone")).toMatchObject({ status: "RUNNING", points: { size: 1 } });
    expect(oracle.named("other").points.size).toBe(1);
  });

  test("takes MLflow's id, and a run that was never created", async () => {
    const it = harness();
    const { queue, runtime, oracle, start } = it;
    await parked(it);
    await runtime.clock.until(queue.discardRun(oracle.named("gone").id));
    queue.pause();
    const never = start("never");
    queue.logMetric(never, "loss", 1, 1, 1);
    const discarded = queue.discardRun(never);
    await runtime.clock.until(discarded);
    queue.resume();
    expect(await runtime.clock.until(queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect([...oracle.runs.values()].map(({ name }) => name)).toEqual(["gone"]);
    expect(queue.status().dropped).toEqual({ points: 1_501, requests: 3 });
  });

  test.each([10, 100, 1_000])("sends nothing of a run when it is paused and %i chunks lie before", async (chunks) => {
    const { queue, oracle, runtime, start } = harness({ delivery: { batchSize: 10 } });
    const run = start("gone");
    await runtime.clock.until(queue.flush());
    queue.pause();
    for (let step = 0; step < chunks * 10; step++) queue.logMetric(run, "loss", step, step, step);
    await runtime.clock.until(queue.flush({ until: "durable" }));
    await runtime.clock.until(queue.discardRun(run));
    queue.resume();
    expect(await runtime.clock.until(queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect([oracle.named("gone").points.size, queue.status().dropped.points]).toEqual([0, chunks * 10]);
  });

  test("makes no run on the server when it was not made yet and 1,000 chunks lie before", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { batchSize: 10 } });
    queue.pause();
    const run = start("never");
    for (let step = 0; step < 10_000; step++) queue.logMetric(run, "loss", step, step, step);
    queue.updateRun(run, { status: "FINISHED", endTime: 5 });
    await runtime.clock.until(queue.flush({ until: "durable" }));
    await runtime.clock.until(queue.discardRun(run));
    queue.resume();
    expect(await runtime.clock.until(queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect(oracle.runs.size).toBe(0);
  });

  test.each([1, 50, 1_000])("makes no run when the next process is asked and %i chunks lie before", async (chunks) => {
    const storage = durable();
    const first = harness({ storage, delivery: { batchSize: 10 } });
    const { runtime, oracle } = first;
    first.queue.pause();
    const run = first.start("never");
    for (let step = 0; step < chunks * 10; step++) first.queue.logMetric(run, "loss", step, step, step);
    await runtime.clock.until(first.queue.flush({ until: "durable" }));
    await runtime.clock.until(first.queue.close());
    const next = harness({ runtime: manualRuntime({ clock: runtime.clock, seed: 2 }), oracle, storage });
    await runtime.clock.until(next.queue.discardRun(run));
    expect(await runtime.clock.until(next.queue.flush())).toMatchObject({ others: nothing, parked: nothing });
    await runtime.clock.until(next.queue.close());
    const third = harness({ runtime: manualRuntime({ clock: runtime.clock, seed: 3 }), oracle, storage });
    await third.queue.recover();
    await runtime.clock.advance(600_000);
    expect(oracle.runs.size).toBe(0);
  });

  test("makes no run when it is given up while the experiment of the run is looked for", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = ({ path }) => (path.endsWith("experiments/get-by-name") ? { delayAnswer: 3_000 } : undefined);
    const run = start("never");
    queue.logMetric(run, "loss", 1, 1, 1);
    await runtime.clock.advance(2_000);
    expect(oracle.calls).toHaveLength(1);
    await runtime.clock.until(queue.discardRun(run));
    expect(await runtime.clock.until(queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect(oracle.runs.size).toBe(0);
  });

  test("refuses a run that it does not know", async () => {
    const { queue, runtime } = harness();
    await expect(runtime.clock.until(queue.discardRun("r-unknown"))).rejects.toThrow(/r-unknown/);
  });

  test("leaves alone what is logged to the run later", async () => {
    const it = harness();
    const { queue, runtime, oracle } = it;
    const run = await parked(it, 10);
    await runtime.clock.until(queue.discardRun(run));
    oracle.named("gone").deleted = false;
    queue.logMetric(run, "loss", 77, 77, 77);
    expect(await runtime.clock.until(queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect([...oracle.named("gone").points].some((row) => row.includes('"77"'))).toBe(true);
    expect(oracle.named("gone").points.size).toBe(2);
  });

  test("drops what waits of a run while the server is away, without a request", async () => {
    const it = harness();
    const { queue, runtime, oracle, start } = it;
    const run = start("here");
    await runtime.clock.until(queue.flush());
    oracle.fault = () => ({ status: 503 });
    queue.logMetric(run, "loss", 1, 1, 1);
    await runtime.clock.advance(60_000);
    const before = oracle.trace().length;
    const discarded = queue.discardRun(run);
    await runtime.clock.until(discarded);
    expect(queue.status()).toMatchObject({ waiting: nothing, dropped: { points: 1 } });
    expect(oracle.trace().length - before).toBeLessThanOrEqual(1);
  });

  test("goes on with the next leader after a crash between two chunks", async () => {
    const world = new World();
    const first = world.start();
    const run = first.start("gone");
    await world.until(first.queue.flush());
    world.oracle.named("gone").deleted = true;
    for (let step = 1; step <= 5_000; step++) first.queue.logMetric(run, "loss", step, step, step);
    first.queue.logParam(run, "lr", "0.1");
    await world.until(first.queue.flush());
    const { store } = world;
    const drop = store.drop.bind(store);
    let drops = 0;
    store.drop = async (...rest) => {
      if (++drops > 2) return new Promise(() => {});
      return drop(...rest);
    };
    void first.queue.discardRun(run);
    await world.pass(5_000);
    expect(drops).toBe(3);
    first.die();
    store.drop = drop;
    const next = world.start();
    await next.queue.recover();
    await world.pass(200_000);
    expect(await store.status()).toMatchObject({ waiting: nothing, dropped: { points: 5_000, requests: 1 } });
    expect(await store.heads(0, 1)).toEqual([]);
    expect((await next.queue.receipt(run)).lines).toMatchObject([
      { key: "loss", logged: 5_000, dropped: 5_000 },
      { key: "lr", dropped: 1 },
    ]);
    expect(world.oracle.named("gone").points.size).toBe(0);
  });

  test("drops the models of a run with it", async () => {
    const it = harness();
    const { queue, runtime, oracle, start } = it;
    const run = start("gone");
    await runtime.clock.until(queue.flush());
    oracle.named("gone").deleted = true;
    queue.requestModel("local-model", "model", {
      localId: "local-model",
      run,
      name: "net",
      params: {},
      tags: {},
    } as never);
    queue.logMetric("local-model", "loss", 1, 1, 1);
    queue.logMetric(run, "loss", 1, 1, 1);
    await runtime.clock.until(queue.flush());
    await runtime.clock.until(queue.discardRun(run));
    expect(await runtime.clock.until(queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect(queue.status().dropped.points).toBe(2);
  });

  test("F45 has nothing written later that it dropped, and an older value go that comes back from quarantine", async () => {
    const it = harness();
    const { queue, oracle, runtime } = it;
    const run = it.start("a");
    let refuses = true;
    oracle.fault = ({ body }) =>
      refuses && JSON.stringify(body).includes('"older"')
        ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" }
        : undefined;
    queue.setTag(run, "stage", "older");
    await runtime.clock.until(queue.flush());
    oracle.named("a").deleted = true;
    queue.setTag(run, "stage", "newer");
    queue.updateRun(run, { name: "dropped" });
    await runtime.clock.until(queue.flush());
    await runtime.clock.until(queue.discardRun(run));
    expect(queue.status()).toMatchObject({ dropped: { requests: 2 }, waiting: nothing, parked: nothing });
    oracle.named("a").deleted = false;
    refuses = false;
    expect(await (await queue.quarantine()).retry(undefined)).toBe(1);
    await runtime.clock.until(queue.flush());
    expect(oracle.named("a").tags.get("stage")).toBe("older");
    expect((await queue.receipt(run)).lines).toMatchObject([{ logged: 2, acknowledged: 1, dropped: 1 }]);
    let left = 2;
    oracle.fault = ({ path }) => (path.endsWith("runs/update") && left-- > 0 ? "drop-after" : undefined);
    queue.updateRun(run, { name: "b" });
    queue.updateRun(run, { status: "FINISHED", endTime: 5 });
    await runtime.clock.until(queue.flush());
    await runtime.clock.advance(600_000);
    expect([...oracle.runs.values()]).toMatchObject([{ name: "b", status: "FINISHED" }]);
  });

  test("leaves no run open that the next process would end", async () => {
    const storage = durable();
    const first = harness({ storage });
    const { runtime, oracle } = first;
    const run = first.start("gone");
    await runtime.clock.until(first.queue.flush());
    oracle.named("gone").deleted = true;
    first.queue.logMetric(run, "loss", 1, 1, 1);
    await runtime.clock.until(first.queue.flush());
    await runtime.clock.until(first.queue.discardRun(run));
    expect(await (await storage.open()).openRuns("", 10)).toEqual([]);
  });

  for (const [name, options] of kinds) {
    test(`has a leader send nothing that has not read so far, asked by one who follows, with ${name}`, async () => {
      const world = new World(options);
      const leader = world.start();
      leader.queue.pause();
      const run = leader.start("never");
      for (let n = 0; n < 1_000; n++) leader.queue.updateRun(run, { name: `name ${n}` });
      await world.until(leader.queue.flush({ until: "durable" }));
      const follower = world.start();
      follower.queue.pause();
      await world.until(follower.queue.discardRun(run));
      leader.queue.resume();
      follower.queue.resume();
      expect((await world.until(leader.queue.flush())).pending).toEqual(nothing);
      expect(await world.store.status()).toMatchObject({ waiting: nothing, dropped: { requests: 1_001 } });
      expect(world.oracle.runs.size).toBe(0);
    });

    test(`has the leader drop what waits, asked by one who follows, with ${name}`, async () => {
      const world = new World(options);
      const [leader, follower] = [world.start(), world.start()];
      const run = leader.start("gone");
      leader.queue.logMetric(run, "loss", 1, 1, 1);
      await world.until(leader.queue.flush());
      world.oracle.named("gone").deleted = true;
      follower.queue.logMetric(run, "loss", 2, 2, 2);
      leader.queue.logMetric(run, "loss", 3, 3, 3);
      await world.pass(120_000);
      expect((await world.until(follower.queue.flush())).parked.points).toBe(2);
      await world.until(follower.queue.discardRun(run));
      const report = await world.until(follower.queue.flush());
      expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: nothing });
      expect(await world.store.status()).toMatchObject({ waiting: nothing, dropped: { points: 2 } });
      expect((await world.until(leader.queue.flush())).parked).toEqual(nothing);
      expect((await follower.queue.receipt(run)).lines).toMatchObject([{ logged: 3, acknowledged: 1, dropped: 2 }]);
    });
  }
});
