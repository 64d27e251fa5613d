import { describe, expect, test } from "vitest";
import { kinds, World, type WorldProcess } from "./world.ts";

const nothing = { points: 0, requests: 0 };

/** Two processes on one storage: the first one leads, and its batches of metrics are not answered; all of the second's is. */
async function busy(options: ConstructorParameters<typeof World>[0]): Promise<[World, WorldProcess, WorldProcess]> {
  const world = new World(options);
  const [a, b] = [world.start(), world.start()];
  const theirs = a.start("a");
  const runId = await world.until(a.queue.runId(theirs));
  world.oracle.fault = ({ path, body }) =>
    path.endsWith("log-batch") && JSON.stringify(body).includes(runId) ? { delay: 3_600_000 } : undefined;
  for (let step = 0; step < 43; step++) a.queue.logMetric(theirs, "m", step, 1, step);
  await world.until(a.queue.flush({ until: "durable" }));
  const own = b.start("b");
  b.queue.logMetric(own, "m", 1, 1, 1);
  await world.pass(20_000);
  return [world, a, b];
}

describe.each(kinds)("two processes with %s", (_, options) => {
  test("each report what they logged as pending, and what the other one did apart", async () => {
    const [world, a, b] = await busy(options);
    expect(world.oracle.named("b").points.size).toBe(1);
    const others = { points: 43, requests: 0 };
    expect(await world.until(b.queue.flush({ timeout: 2_000 }))).toMatchObject({
      pending: nothing,
      unkept: nothing,
      others,
    });
    expect(await world.until(a.queue.flush({ timeout: 2_000 }))).toMatchObject({ pending: others, others: nothing });
    // Who shows the queue shows all of it.
    const { waiting, inFlight } = b.queue.status();
    expect(waiting.points + inFlight.points).toBe(43);
    expect(await world.until(b.queue.close({ timeout: 2_000 }))).toMatchObject({ pending: nothing, others });
  });

  test("wait in settle() for what they logged", async () => {
    const [world, a, b] = await busy(options);
    const begun = world.clock.monotonic();
    expect(await world.until(b.queue.settle({ timeout: 2_000 }))).toBe(0);
    expect(world.clock.monotonic() - begun).toBeLessThan(100);
    expect(await world.until(a.queue.settle({ timeout: 2_000 }))).toBe(43);
  });

  test("tell what is parked of either, as it waits for a person, and not as pending", async () => {
    const [world, a, b] = await busy(options);
    world.oracle.fault = () => undefined;
    world.oracle.named("a").deleted = true;
    await world.pass(200_000);
    a.queue.logMetric("local-a", "m", 0, 2, 0);
    await world.pass(200_000);
    const parked = a.queue.status().parked;
    expect(parked.points).toBeGreaterThan(0);
    for (const { queue } of [a, b]) {
      const report = await world.until(queue.flush({ timeout: 2_000 }));
      expect(report).toMatchObject({ pending: nothing, others: nothing, parked });
      expect(queue.status().parked).toEqual(parked);
    }
  });

  test("count what another one took out of quarantine as that one's, and wait for it there", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    b.start("b");
    let answer: "refuse" | "nothing" | undefined = "refuse";
    world.oracle.fault = ({ path, body }) => {
      if (!path.endsWith("log-batch") || !JSON.stringify(body).includes("bad")) return undefined;
      if (answer === "nothing") return { delay: 3_600_000 };
      return answer && { status: 400, errorCode: "INVALID_PARAMETER_VALUE" };
    };
    for (let step = 0; step < 5; step++) a.queue.logMetric(run, "bad", step, step, step);
    for (const { queue } of [a, b]) await world.until(queue.flush());
    const points = { points: 5, requests: 0 };
    expect(a.queue.status().quarantined).toEqual(points);
    answer = "nothing";
    const quarantine = await world.until(b.queue.quarantine());
    expect(await world.until(quarantine.retry(undefined))).toBe(5);
    await world.pass(20_000);
    expect(await world.until(b.queue.settle({ timeout: 2_000 }))).toBe(5);
    expect(await world.until(b.queue.flush({ timeout: 2_000 }))).toMatchObject({ pending: points, others: nothing });
    expect(await world.until(a.queue.flush({ timeout: 2_000 }))).toMatchObject({ pending: nothing, others: points });
    answer = undefined;
    await world.pass(200_000);
    for (const { queue } of [a, b]) {
      expect(await world.until(queue.flush())).toMatchObject({ pending: nothing, others: nothing });
    }
    world.oracle.fault = () => ({ status: 503 });
    for (let step = 0; step < 5; step++) a.queue.logMetric(run, "m", step, step, step);
    await world.pass(3_000);
    const { waiting, inFlight, parked } = a.queue.status();
    expect([waiting.points + inFlight.points, parked, a.queue.status().quarantined]).toEqual([5, nothing, nothing]);
    expect(await world.until(a.queue.close({ timeout: 2_000 }))).toMatchObject({ pending: points });
  });

  test("F43 tell who logged it, in the same words and once, what the server refuses or lets nobody write, whoever leads", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    const theirs = a.start("a");
    await world.until(a.queue.flush());
    const run = b.start("b");
    for (const [{ queue }, id] of [
      [b, run],
      [a, theirs],
    ] as const)
      queue.logParam(id, "lr", "0.1");
    await world.until(b.queue.flush());
    for (const [{ queue }, id] of [
      [b, run],
      [a, theirs],
    ] as const)
      queue.logParam(id, "lr", "0.2");
    expect((await world.until(b.queue.flush())).problems).toMatchObject([{ kind: "quarantined", run, key: "lr" }]);
    // Longer ago than a leader takes for granted of a run.
    await world.pass(60_000);
    world.oracle.named("b").deleted = true;
    b.queue.logMetric(run, "m", 1, 1, 1);
    await world.pass(60_000);
    expect((await world.until(b.queue.flush())).problems).toMatchObject([{}, { kind: "run-parked", run }]);
    expect(b.writes).toEqual([]);
    const words = (process: WorldProcess, id: string): string[] =>
      process.problems.filter((problem) => problem.run === id).map(({ kind, message }) => `${kind}: ${message}`);
    const told = words(a, run);
    expect([told.length, words(b, run), words(b, theirs)]).toEqual([2, told, []]);
    a.die();
    await world.pass(200_000);
    expect([(await world.until(b.queue.flush())).parked.points, words(b, run)]).toEqual([1, told]);
    // It is over, and taken back.
    world.oracle.named("b").deleted = false;
    b.queue.resume();
    await world.pass(200_000);
    const { parked, problems } = await world.until(b.queue.flush());
    expect([parked, problems.map(({ kind }) => kind)]).toEqual([nothing, ["quarantined"]]);
  });

  test("tell once what a leader refused right before it left, or before it died and a third one took its place", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    const run = b.start("b");
    b.queue.logParam(run, "lr", "0.1");
    await world.until(b.queue.flush());
    b.queue.logParam(run, "lr", "0.2");
    await world.until(b.queue.flush({ until: "durable" }));
    for (let n = 0; n < 1_000 && a.queue.status().quarantined.requests === 0; n++) await world.pass(20);
    await world.until(a.queue.close());
    await world.until(b.queue.flush());
    expect(b.problems.filter(({ kind }) => kind === "quarantined")).toMatchObject([{ run, key: "lr" }]);
    expect(b.problems.filter((problem) => problem.cause)).toEqual([]);
    const c = world.start();
    c.start("c");
    await world.until(c.queue.flush());
    const other = c.start("other");
    await world.until(c.queue.flush());
    await world.pass(60_000);
    world.oracle.named("other").deleted = true;
    c.queue.logMetric(other, "m", 1, 1, 1);
    await world.until(c.queue.flush());
    // Who is paused leaves it to others to lead.
    c.queue.pause();
    b.die();
    const d = world.start();
    d.start("d");
    await world.until(d.queue.flush());
    await world.pass(60_000);
    expect(c.problems).toMatchObject([{ kind: "run-parked", run: other }]);
    expect([d.writes.length > 0, c.queue.status().problems]).toMatchObject([true, [{ run: other }]]);
  });

  test("tell both that the server refuses everybody, why, and when that is over", async () => {
    const world = new World(options);
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    const run = b.start("b");
    await world.until(b.queue.flush());
    world.oracle.fault = () => ({ status: 401 });
    b.queue.logMetric(run, "m", 1, 1, 1);
    await world.pass(30_000);
    const [problem] = a.queue.status().problems;
    expect(problem?.kind).toBe("server-refused");
    const { kind, message } = problem!;
    expect(b.queue.status().problems).toEqual([{ kind, message }]);
    world.oracle.fault = () => undefined;
    await world.pass(200_000);
    expect([a.queue.status().problems, b.queue.status().problems, b.problems.length]).toEqual([[], [], 1]);
  });
});

test("flush() of a process that follows ends, and says why, when more of its runs wait for a person than a leader names", async () => {
  const world = new World({ locks: "web", broadcast: true });
  const [a, b] = [world.start(), world.start()];
  a.start("a");
  await world.until(a.queue.flush());
  const runs = Array.from({ length: 110 }, (_, n) => b.start(`b${n}`));
  await world.until(b.queue.flush());
  for (const run of world.oracle.runs.values()) run.deleted = true;
  await world.pass(60_000);
  for (const run of runs) b.queue.logMetric(run, "m", 1, 1, 1);
  const all = { points: runs.length, requests: 0 };
  expect(await world.until(b.queue.flush())).toMatchObject({ pending: nothing, parked: all, others: nothing });
  const told = b.problems.map(({ kind, run }) => `${kind} ${run}`);
  expect(new Set(told)).toEqual(new Set(runs.map((run) => `run-parked ${run}`)));
  expect([told.length, b.problems.filter(({ message }) => !message.includes("is deleted"))]).toEqual([110, []]);
  // What still moves is not taken for it, although it lies behind.
  for (const run of world.oracle.runs.values()) run.deleted = false;
  world.oracle.fault = () => ({ delay: 3_600_000 });
  const last = b.start("last");
  expect(await world.until(b.queue.flush({ timeout: 5_000 }))).toMatchObject({ pending: { requests: 1 }, parked: all });
  world.oracle.fault = () => undefined;
  b.queue.resume();
  const delivered = await world.until(b.queue.flush());
  expect([delivered.pending, delivered.parked, delivered.problems]).toEqual([nothing, nothing, []]);
  expect([b.writes, await b.queue.runId(last)]).toEqual([[], world.oracle.named("last").id]);
});
