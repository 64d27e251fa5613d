import { describe, expect, test } from "vitest";
import { type Harness, harness } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** Logs 500 points and gives how many requests took them. */
async function batches({ queue, oracle, runtime }: Harness, run: string, from: number): Promise<number> {
  oracle.calls.length = 0;
  for (let step = from; step < from + 500; step++) queue.logMetric(run, "loss", step, 100 + step, step);
  await runtime.clock.until(queue.flush());
  return oracle.calls.filter(({ path }) => path.endsWith("log-batch")).length;
}

describe("Queue before a limit of the size of bodies", () => {
  test("sends points together, and a tag that was set twice, after a file that is too large", async () => {
    const it = harness();
    it.oracle.bodyLimit = 1_000_000;
    const run = it.start("a");
    void it.queue.logArtifact(run, "model.bin", new Blob([new Uint8Array(1_000_001)]));
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report.quarantined).toEqual({ points: 0, requests: 1 });
    expect(await batches(it, run, 0)).toBe(1);
    it.queue.setTag(run, "progress", "epoch 1 of 10");
    it.queue.setTag(run, "progress", "epoch 2 of 10");
    expect((await it.runtime.clock.until(it.queue.flush())).quarantined).toEqual({ points: 0, requests: 1 });
    expect(it.oracle.named("a").tags.get("progress")).toBe("epoch 2 of 10");
  });

  test("tries large bodies again after ten minutes, as the limit may be gone", async () => {
    const it = harness();
    const run = it.start("a");
    it.oracle.bodyLimit = 10_000;
    expect(await batches(it, run, 0)).toBeGreaterThan(4);
    it.oracle.bodyLimit = Number.POSITIVE_INFINITY;
    expect(await batches(it, run, 500)).toBe(4);
    await it.runtime.clock.advance(600_000);
    expect(await batches(it, run, 1_000)).toBe(1);
    expect(it.oracle.named("a").points.size).toBe(1_500);
  });
});

describe("Queue that is refused for a moment", () => {
  test.each([
    ["runs/update", 409, "ABORTED"],
    ["runs/update", 409, "RESOURCE_CONFLICT"],
    ["runs/create", 409, "ABORTED"],
    ["runs/log-batch", 425, "ABORTED"],
  ] as const)("sets nothing aside for one answer at %s of %i %s", async (path, status, errorCode) => {
    const it = harness();
    let left = 1;
    it.oracle.fault = (call) => (call.path.endsWith(path) && left-- > 0 ? { status, errorCode } : undefined);
    const run = it.start("a");
    it.queue.logMetric(run, "loss", 1, 1, 1);
    it.queue.updateRun(run, { status: "FINISHED", endTime: 9 });
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ pending: nothing, parked: nothing, quarantined: nothing });
    expect(it.oracle.named("a")).toMatchObject({ status: "FINISHED" });
  });

  test.each([
    ["0", () => "0"],
    ["-1", () => "-1"],
    ["a date that is over for this clock", (now: number) => new Date(now - 60_000).toUTCString()],
  ])("waits ever longer before a server that says 429 with a Retry-After of %s", async (_, value) => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let asked = 0;
    it.oracle.fault = ({ path }) => {
      if (!path.endsWith("log-batch")) return undefined;
      // More than any pause that grows lets through; so that the test ends where there is none.
      if (++asked > 100) throw new Error("It is asked again and again");
      return { status: 429, headers: { "retry-after": value(it.runtime.clock.now()) } };
    };
    it.queue.logMetric(run, "loss", 1, 1, 1);
    await it.runtime.clock.advance(600_000);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(20);
  });
});
