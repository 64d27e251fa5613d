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
});
