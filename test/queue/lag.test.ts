import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/usage-errors.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { QueueStatus } from "../../src/queue/types.ts";
import { harness } from "./harness.ts";
import { World } from "./world.ts";

/** Times are those of the first put: up to the flush interval after the call. */
const INTERVAL = 1_000;

function around(status: QueueStatus, ms: number): void {
  expect(status.lag).toBeGreaterThanOrEqual(ms - INTERVAL);
  expect(status.lag).toBeLessThanOrEqual(ms + INTERVAL);
}

describe("QueueStatus.lag", () => {
  test("is the age of the oldest that waits, by its first put, while the server is away; 0 when nothing waits", async () => {
    const { queue, oracle, runtime, start } = harness();
    expect(queue.status().lag).toBe(0);
    oracle.fault = () => "drop-before";
    const run = start("a");
    for (let second = 0; second < 30; second++) {
      queue.logMetric(run, "m", second, second, second);
      await runtime.clock.advance(1_000);
    }
    around(queue.status(), 30_000);
    oracle.fault = () => undefined;
    await runtime.clock.until(queue.flush());
    expect(queue.status().lag).toBe(0);
    // What waits now is not older for it.
    oracle.fault = () => "drop-before";
    queue.setTag(run, "t", "1");
    await runtime.clock.advance(3_000);
    around(queue.status(), 3_000);
  });

  test("goes on in manual mode", async () => {
    const { queue, runtime, start } = harness({ delivery: { mode: "manual" } });
    const run = start("a");
    await runtime.clock.until(queue.flush({ until: "durable" }));
    await runtime.clock.advance(20_000);
    around(queue.status(), 20_000);
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.advance(10_000);
    around(queue.status(), 30_000);
    await runtime.clock.until(queue.flush());
    expect(queue.status().lag).toBe(0);
  });

  test("goes on while the queue is paused, also for what is logged meanwhile", async () => {
    const { queue, runtime, start } = harness();
    const run = start("a");
    await runtime.clock.until(queue.flush());
    queue.pause();
    expect(queue.status().lag).toBe(0);
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.advance(20_000);
    around(queue.status(), 20_000);
    queue.resume();
    await runtime.clock.until(queue.flush());
    expect(queue.status().lag).toBe(0);
  });

  test("counts what no storage takes yet", async () => {
    const memory = memoryQueue();
    let fails = true;
    const open: typeof memory.open = async (...args) => {
      const store = await memory.open(...args);
      const { append } = store;
      const failing: typeof append = (...given) =>
        fails ? Promise.reject(new StorageError("the disk is full")) : append.apply(store, given);
      return Object.assign(store, { append: failing });
    };
    const { queue, runtime, start } = harness({ storage: { ...memory, open } });
    const run = start("a");
    await runtime.clock.advance(10_000);
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.advance(10_000);
    around(queue.status(), 20_000);
    fails = false;
    await runtime.clock.until(queue.flush());
    expect(queue.status().lag).toBe(0);
  });

  test("is that of a dead process's data after a restart, and the same for who follows and who is paused", async () => {
    const world = new World({ locks: "file" });
    world.oracle.fault = () => "drop-before";
    const dead = world.start();
    dead.start("a");
    await world.until(dead.queue.flush({ until: "durable" }));
    dead.die();
    await world.pass(60_000);
    const [leader, follower] = [world.start(), world.start()];
    await world.until(leader.queue.recover());
    await world.pass(2_000);
    follower.start("b");
    await world.pass(18_000);
    for (const { queue } of [leader, follower]) around(queue.status(), 80_000);
    leader.queue.pause();
    await world.pass(20_000);
    for (const { queue } of [leader, follower]) around(queue.status(), 100_000);
    leader.queue.resume();
    world.oracle.fault = () => undefined;
    await world.until(Promise.all([leader.queue.flush(), follower.queue.flush()]), 120_000);
    expect([leader, follower].map(({ queue }) => queue.status().lag)).toEqual([0, 0]);
  });

  test("leaves out what waits for a person", async () => {
    const world = new World({ locks: "file" });
    const [leader, follower] = [world.start(), world.start()];
    const run = leader.start("a");
    await world.until(leader.queue.flush());
    world.oracle.named("a").deleted = true;
    for (let n = 0; n < 100; n++) {
      leader.queue.setTag(run, `t${n}`, "1");
      leader.queue.updateRun(run, { name: `a${n}` });
    }
    await world.pass(30_000);
    expect(leader.queue.status().parked.requests).toBe(200);
    world.oracle.fault = () => "drop-before";
    follower.start("b");
    await world.pass(10_000);
    for (const { queue } of [leader, follower]) around(queue.status(), 10_000);
  });

  test("does not grow when the wall clock is put forward", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => "drop-before";
    start("a");
    await runtime.clock.advance(5_000);
    runtime.clock.jump(3_600_000);
    around(queue.status(), 5_000);
  });
});
