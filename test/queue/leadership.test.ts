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

  test("findRunId() of a follower knows by either id what the leader has created, among many others", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    // Between the start of the search and the run of `b`.
    for (let n = 0; n < 300; n++) {
      await world.store.map({ localId: `local-a${n}`, runId: `other-${n}`, experimentId: "0" });
    }
    const run = b.start("b");
    const before = await b.queue.findRunId(run);
    await world.until(b.queue.settle({ runs: [run], timeout: 30_000 }));
    const { id } = world.oracle.named("b");
    expect([before, b.queue.knownRunId(run), b.queue.localIdOf(id)]).toEqual([undefined, undefined, undefined]);
    expect(await b.queue.findRunId(id)).toBe(id);
    expect(b.queue.localIdOf(id)).toBe(run);
    const next = b.start("c");
    await world.until(b.queue.settle({ runs: [next], timeout: 30_000 }));
    expect(await b.queue.findRunId(next)).toBe(world.oracle.named("c").id);
    expect(await b.queue.findRunId("other-1")).toBe(undefined);
    expect((await world.store.lease()).term).toBe(1);
  });

  test("all look at counts alone while what waits does not change, and show seldom that they live", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    b.start("b");
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    // Something leaves the storage, and then nothing more.
    world.oracle.fault = ({ body }) =>
      world.oracle.runs.get(String(body.run_id))?.name === "b" ? { status: 500 } : undefined;
    for (const { queue } of [b, a]) {
      for (let step = 0; step < 100; step++)
        queue.logMetric(queue === a.queue ? "local-a" : "local-b", "m", 1, 1, step);
      await world.until(queue.flush({ until: "durable" }));
    }
    await world.pass(30_000);
    let read = 0;
    let shown = 0;
    const { heads, appear } = world.store;
    world.store.heads = (...args) => {
      read++;
      return heads.apply(world.store, args);
    };
    world.store.appear = (...args) => {
      shown++;
      return appear.apply(world.store, args);
    };
    await world.pass(60_000);
    expect(read).toBeLessThan(15);
    expect(shown).toBeLessThanOrEqual(14);
    expect(shown > 0).toBe(options.locks === "none");
    world.oracle.fault = () => undefined;
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    expect([a, b].map(({ queue }) => queue.status().waiting)).toEqual([nothing, nothing]);
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

  test("F37 a leader that stalled sends nothing of what it had at hand when it wakes, nor does it lead again", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    for (let step = 0; step < 5_000; step++) a.queue.logMetric(run, "m", step, 1, step);
    a.stop();
    await world.pass(100_000);
    b.queue.logMetric(run, "m", 1, 2, 3);
    await world.until(b.queue.flush());
    const sent = a.writes.length;
    a.goOn();
    await world.until(a.queue.flush());
    expect(a.writes.length).toBe(sent);
    expect(world.oracle.named("a").points.size).toBe(5_001);
    await world.pass(15_000);
    expect(a.queue.status()).toMatchObject({ waiting: nothing, host: "ok" });
  });

  test("F38 a leader whose wall clock jumps shows that it lives before it sends, and goes on", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    for (const jump of [3_600_000, -86_400_000]) {
      const { term, beat } = await world.store.lease();
      a.clock.offset += jump;
      a.queue.logMetric(run, "m", jump, 1, 1);
      await world.until(a.queue.flush());
      const after = await world.store.lease();
      expect(after.term).toBe(term);
      if (jump > 0) expect(after.beat).toBeGreaterThan(beat);
    }
    expect(world.oracle.named("a").points.size).toBe(2);
    expect(b.writes).toEqual([]);
  });

  test("status() of a follower tells what the leader does", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    const run = b.start("b");
    for (let step = 0; step < 30; step++) b.queue.logMetric(run, "m", step, 1, step);
    await world.until(b.queue.flush());
    await world.pass(20_000);
    const delivered = { points: 30, requests: 2 };
    const told: unknown[] = [];
    b.queue.subscribe((status) => told.push(status));
    expect(a.queue.status()).toMatchObject({ waiting: nothing, delivered, inFlight: nothing, host: "ok" });
    // The run of the leader was there before the follower opened the storage, or was made at the same time.
    expect(b.queue.status()).toMatchObject({ waiting: nothing, inFlight: nothing, host: "ok", lag: 0 });
    expect(b.queue.status().delivered.points).toBe(30);
    world.oracle.fault = () => ({ status: 401 });
    b.queue.logMetric(run, "m", 1, 2, 3);
    await world.pass(30_000);
    expect(b.queue.status()).toMatchObject({ waiting: { points: 1, requests: 0 }, host: "refused" });
    expect((await world.until(b.queue.flush(), 1_000)).pending).toEqual({ points: 1, requests: 0 });
    expect(told.at(-1)).toMatchObject({ host: "refused" });
    world.oracle.fault = () => undefined;
    await world.until(b.queue.flush({ timeout: 120_000 }));
    await world.pass(120_000);
    expect(b.queue.status()).toMatchObject({ waiting: nothing, delivered: { points: 31 }, host: "ok" });
    expect(b.writes).toEqual([]);
  });

  test("flush() of a follower, or of the leader, does not wait for a parked run, whose points it tells", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    const run = b.start("b");
    await world.until(Promise.all([a.queue.flush(), b.queue.flush()]));
    world.oracle.named("b").deleted = true;
    b.queue.logMetric(run, "m", 1, 1, 1);
    await world.pass(30_000);
    const report = await world.until(b.queue.flush(), 30_000);
    const told = { parked: { points: 1, requests: 0 }, pending: nothing };
    expect(report).toMatchObject(told);
    expect(await world.until(a.queue.flush(), 30_000)).toMatchObject(told);
    await expect(world.until(b.queue.runId(run))).resolves.toBe(world.oracle.named("b").id);
  });

  test("a paused leader leaves it to the others, and takes its turn again when they close", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    await world.until(a.queue.flush());
    a.queue.pause();
    a.queue.logMetric(run, "m", 1, 1, 1);
    b.start("b");
    await world.until(b.queue.flush(), 20_000);
    await world.pass(20_000);
    expect(world.oracle.named("a").points.size).toBe(1);
    expect(b.writes.length).toBeGreaterThan(0);
    const sent = a.writes.length;
    a.queue.resume();
    await world.until(b.queue.close());
    a.queue.logMetric(run, "m", 1, 1, 2);
    await world.until(a.queue.flush(), 20_000);
    expect(a.writes.length).toBeGreaterThan(sent);
    expect(world.oracle.named("a").points.size).toBe(2);
  });
});
