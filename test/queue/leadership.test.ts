import { describe, expect, test } from "vitest";
import { kinds, World } from "./world.ts";

const nothing = { points: 0, requests: 0 };

describe.each(kinds)("Leadership by %s", (_, options) => {
  test("one drains what all append", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const runs = [a.start("a"), b.start("b")] as const;
    for (let step = 0; step < 30; step++) {
      a.queue.logMetric(runs[0], "m", step, 1, step);
      b.queue.logMetric(runs[1], "m", step, 1, step);
      await world.pass(1_000);
    }
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    expect(world.oracle.named("a").points.size).toBe(30);
    expect(world.oracle.named("b").points.size).toBe(30);
    expect((await world.store.lease()).term).toBe(1);
  });

  test("flush() and runId() of a follower wait until the leader has delivered", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    const run = b.start("b");
    b.queue.logMetric(run, "m", 1, 1, 1);
    const [id, report] = await world.until(Promise.all([b.queue.runId(run), b.queue.flush()]), 30_000);
    expect(id).toBe([...world.oracle.runs].find(([, { name }]) => name === "b")?.[0]);
    expect(report.pending).toEqual(nothing);
    expect(world.oracle.named("b").points.size).toBe(1);
    expect((await world.store.lease()).term).toBe(1);
  });

  test("a follower goes on at once when the leader closes", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    b.start("b");
    await world.pass(3_000);
    await world.until(a.queue.close());
    b.start("c");
    await world.until(b.queue.flush(), 20_000);
    expect(world.oracle.runs.size).toBe(3);
    expect((await world.store.lease()).term).toBe(2);
  });

  test("a follower takes over from a leader that died", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    b.start("b");
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    a.die();
    b.start("c");
    await world.until(b.queue.flush(), options.locks === "none" ? 90_000 : 15_000);
    expect(world.oracle.runs.size).toBe(3);
  });

  test("F37 a follower takes over from a leader that stalls after a minute of the same beat, and that one steps back", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    const { term } = await world.store.lease();
    a.stop();
    await world.pass(59_000);
    expect((await world.store.lease()).term).toBe(term);
    await world.pass(25_000);
    expect((await world.store.lease()).term).toBe(term + 1);
    b.start("c");
    await world.until(b.queue.flush());
    a.goOn();
    a.queue.logMetric(run, "m", 1, 1, 1);
    await world.until(a.queue.flush());
    await world.pass(60_000);
    expect((await world.store.lease()).term).toBe(term + 1);
    expect(world.oracle.named("a").points.size).toBe(1);
  });
});
