import { describe, expect, test } from "vitest";
import { manualRuntime } from "../support/manual-runtime.ts";
import { harness } from "./harness.ts";
import { kinds, World, type WorldProcess } from "./world.ts";

/** Requests that changed the status of a run. */
function endings(world: World, name: string): unknown[] {
  const [id] = [...world.oracle.runs].find(([, run]) => run.name === name)!;
  return world.oracle.calls
    .filter(({ path, body }) => path.endsWith("runs/update") && body["run_id"] === id)
    .map(({ body }) => body["status"]);
}

async function delivered(world: World, ...processes: WorldProcess[]): Promise<void> {
  await world.until(Promise.all(processes.map(({ queue }) => queue.flush())));
}

describe.each(kinds)("Recovery by %s", (_, options) => {
  const locked = options.locks !== "none";

  test("F43 ends the run of a dead process as FAILED, after what it left waiting, once", async () => {
    const world = new World(options);
    const a = world.start();
    const run = a.start("a");
    await delivered(world, a);
    a.queue.logMetric(run, "m", 1, 1, 1);
    await world.until(a.queue.flush({ until: "durable" }));
    const died = a.clock.now();
    a.die();
    const b = world.start();
    b.start("b");
    await world.pass(300_000);
    const found = world.oracle.named("a");
    expect(found).toMatchObject({ status: "FAILED" });
    expect(found.tags.get("mlflow.tracklet.endedBy")).toBe("recovery");
    expect(found.points.size).toBe(1);
    expect(found.endTime).toBeLessThanOrEqual(died);
    expect(found.endTime).toBeGreaterThan(died - 5_000);
    // Told once, by whoever ended it, and over with that.
    expect(b.problems).toMatchObject([
      {
        kind: "run-recovered",
        run,
        message: expect.stringMatching(
          /^The run "a" \([0-9a-f]+\) was open when its program ended without a word: it is FAILED now, unless ended elsewhere since\. tracker\.resumeRun\("[0-9a-f]+"\) goes on with it$/,
        ),
      },
    ]);
    expect(b.queue.status().problems).toEqual([]);
    b.die();
    const c = world.start();
    c.start("c");
    await world.pass(300_000);
    expect(endings(world, "a")).toEqual(["FAILED"]);
    expect(endings(world, "b")).toEqual(["FAILED"]);
    expect(world.oracle.named("c").status).toBe("RUNNING");
    expect(c.queue.status()).toMatchObject({ waiting: { points: 0, requests: 0 } });
  });

  test("tells of many runs of dead processes in one sentence, and names the first of them", async () => {
    const world = new World(options);
    const a = world.start();
    const runs = Array.from({ length: 5 }, (_, n) => a.start(`run ${n}`));
    await delivered(world, a);
    a.die();
    const b = world.start();
    void b.queue.recover();
    await world.pass(300_000);
    const told = b.problems.filter(({ kind }) => kind === "run-recovered");
    expect(told).toHaveLength(1);
    expect(told[0]!.message).toMatch(
      /^The runs ("run \d" \([0-9a-f]+\), ){2}"run \d" \([0-9a-f]+\) and 2 more were open when their program ended without a word: they are FAILED now, unless ended elsewhere since\./,
    );
    expect(runs.every((_, n) => world.oracle.named(`run ${n}`).status === "FAILED")).toBe(true);
  });

  test("status() never counts less than nothing while what others left is ended and delivered", async () => {
    const world = new World(options);
    const a = world.start();
    const run = a.start("a");
    await delivered(world, a);
    for (let step = 0; step < 50; step++) a.queue.logMetric(run, "m", step, 1, step);
    await world.until(a.queue.flush({ until: "durable" }));
    a.die();
    const b = world.start();
    void b.queue.recover();
    for (let tries = 0; tries < 100 || world.oracle.named("a").status !== "FAILED"; tries++) {
      await world.pass(tries < 100 ? 100 : 3_000);
      const { waiting, inFlight, parked } = b.queue.status();
      const all = [waiting, inFlight, parked].flatMap(({ points, requests }) => [points, requests]);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    }
  });

  test("F43 ends nothing of a live process, however long that logs nothing, nor what was ended", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    const done = a.start("done");
    a.queue.updateRun(done, { status: "FINISHED" });
    b.start("b");
    await delivered(world, a, b);
    await world.pass(600_000);
    a.die();
    const c = world.start();
    c.start("c");
    await world.pass(300_000);
    expect(world.oracle.named("a").status).toBe("FAILED");
    expect(world.oracle.named("done").status).toBe("FINISHED");
    for (const name of ["b", "c"]) expect(endings(world, name)).toEqual([]);
  });

  test("ends no run of a dead process that another one has resumed", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await delivered(world, a, b);
    b.queue.updateRun(run, { status: "RUNNING" });
    await delivered(world, b);
    a.die();
    await world.pass(300_000);
    expect(world.oracle.named("a").status).toBe("RUNNING");
    b.queue.updateRun(run, { status: "FINISHED" });
    await delivered(world, b);
    expect(endings(world, "a")).toEqual(["RUNNING", "FINISHED"]);
  });

  test("F43 leaves a run as it is that another machine, with a queue of its own, has resumed and ended", async () => {
    const world = new World(options);
    const a = world.start();
    const run = a.start("a");
    await delivered(world, a);
    a.die();
    const found = world.oracle.named("a");
    const runtime = manualRuntime({ clock: world.clock, seed: 9 });
    const { queue } = harness({ runtime, oracle: world.oracle });
    queue.adoptRun(run, found.id, found.experimentId);
    queue.updateRun(run, { status: "RUNNING" });
    queue.updateRun(run, { status: "FINISHED", endTime: 5_000 });
    await world.until(queue.close());
    const b = world.start();
    b.start("b");
    await world.pass(300_000);
    expect(found).toMatchObject({ status: "FINISHED", endTime: 5_000 });
    expect(found.tags.has("mlflow.tracklet.endedBy")).toBe(false);
    expect(b.queue.status()).toMatchObject({ waiting: { points: 0, requests: 0 }, parked: { points: 0, requests: 0 } });
  });

  test("F43 ends a run that a replica does not know yet", async () => {
    const world = new World(options);
    const a = world.start();
    a.start("a");
    await delivered(world, a);
    a.die();
    let asked = 0;
    world.oracle.fault = ({ path }) =>
      path.endsWith("runs/get") && asked++ % 2 === 0
        ? { status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" }
        : undefined;
    const b = world.start();
    b.start("b");
    await world.pass(300_000);
    expect(asked).toBeGreaterThan(1);
    expect(world.oracle.named("a").status).toBe("FAILED");
    expect(b.queue.status().quarantined).toEqual({ points: 0, requests: 0 });
  });

  test("F36 leaves the run of a hidden page, which its browser wakes once in a little more than a minute", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    b.start("b");
    await delivered(world, a, b);
    for (let minute = 0; minute < 8; minute++) {
      a.stop();
      await world.pass(75_000);
      a.goOn();
      await world.pass(300);
    }
    expect(endings(world, "a")).toEqual([]);
    expect(world.oracle.named("a").status).toBe("RUNNING");
  });

  test(`F37 ${locked ? "leaves" : "ends"} the run of a process that stalls, and what that one logs later arrives`, async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await delivered(world, a, b);
    a.stop();
    await world.pass(300_000);
    expect(world.oracle.named("a").status).toBe(locked ? "RUNNING" : "FAILED");
    a.goOn();
    a.queue.logMetric(run, "m", 1, 1, 1);
    await delivered(world, a);
    expect(world.oracle.named("a").points.size).toBe(1);
    a.queue.updateRun(run, { status: "FINISHED" });
    await delivered(world, a);
    await world.pass(100_000);
    expect(world.oracle.named("a").status).toBe("FINISHED");
  });

  test("F35 a page that was frozen or cached for long goes on with its run, and is seen to live from then on", async () => {
    for (const how of ["frozen", "cached"] as const) {
      const world = new World(options);
      const [a, b] = [world.start(), world.start()];
      a.start("a");
      b.start("b");
      await delivered(world, a, b);
      a.runtime.lifecycle.hide(how);
      a.stop();
      await world.pass(200_000);
      expect(world.oracle.named("a").status).toBe(locked && how === "frozen" ? "RUNNING" : "FAILED");
      a.goOn();
      a.runtime.lifecycle.show();
      await world.pass(300_000);
      expect(world.oracle.named("a").status).toBe("RUNNING");
      expect(world.oracle.named("a").tags.has("mlflow.tracklet.endedBy")).toBe(false);
    }
  });

  test("F35 a run that a page ended in the moment in which it was cached is not said to have been ended by another", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    await delivered(world, a, b);
    a.runtime.lifecycle.hide("cached");
    await world.pass(1);
    a.queue.updateRun(run, { status: "FINISHED" });
    a.stop();
    await world.pass(200_000);
    expect(world.oracle.named("a").status).toBe("FAILED");
    a.goOn();
    await world.pass(100);
    a.runtime.lifecycle.show();
    await world.pass(60_000);
    expect(world.oracle.named("a").status).toBe("FINISHED");
    expect(world.oracle.named("a").tags.has("mlflow.tracklet.endedBy")).toBe(false);
  });

  test("ends the run that a closed process left open", async () => {
    const world = new World(options);
    const a = world.start();
    a.start("a");
    await world.until(a.queue.close());
    const b = world.start();
    b.start("b");
    await world.pass(200_000);
    expect(world.oracle.named("a").status).toBe("FAILED");
  });
});
