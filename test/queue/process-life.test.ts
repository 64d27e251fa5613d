import { describe, expect, test } from "vitest";
import { harness } from "./harness.ts";

describe("Queue and the life of its process", () => {
  test("keeps it alive while a request is in flight, and not while it waits for the next try", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = ({ number }) => (number === 1 ? { delay: 500 } : "drop-before");
    queue.logMetric(start("a"), "m", 1, 1, 1);
    await runtime.clock.advance(100);
    expect(runtime.lifecycle.kept).toBeGreaterThan(0);
    await runtime.clock.advance(500_000);
    expect(queue.status().host).toBe("retrying");
    expect(runtime.lifecycle.kept).toBe(0);
  });

  test("lets it end after a look at a run in doubt that comes back later than the last delivery", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { requestTimeout: 20_000 } });
    const run = start("a");
    const other = start("b");
    await runtime.clock.until(queue.flush());
    let [late, looks] = [true, 0];
    oracle.fault = ({ path, body }) => {
      // The first belongs to the end of the run.
      if (path.endsWith("runs/get")) return { delay: ++looks === 2 ? 8_000 : 0 };
      if (!late || !("tags" in body)) return undefined;
      late = false;
      return { late: 2_000 };
    };
    queue.setTag(run, "k", "v");
    queue.updateRun(run, { status: "FINISHED", endTime: 5 });
    for (let second = 0; second < 120 && looks < 2; second++) await runtime.clock.advance(1_000);
    expect(looks).toBe(2);
    queue.logMetric(other, "m", 1, 1, 1);
    await runtime.clock.advance(3_000);
    expect(oracle.named("b").points.size).toBe(1);
    await runtime.clock.advance(60_000);
    expect(runtime.lifecycle.kept).toBe(0);
  });

  test("keeps it alive while somebody waits for a flush", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => "drop-before";
    start("a");
    const flushed = queue.flush({ timeout: 400_000 });
    await runtime.clock.advance(300_000);
    expect(runtime.lifecycle.kept).toBe(1);
    await runtime.clock.until(flushed);
    expect(runtime.lifecycle.kept).toBe(0);
  });

  test("persists when the page is hidden", async () => {
    const { queue, runtime, start, storage } = harness({ delivery: { mode: "manual", flushInterval: 1e6 } });
    const run = start("a");
    await runtime.clock.advance(10);
    queue.logMetric(run, "m", 1, 1, 1);
    runtime.lifecycle.hide();
    await runtime.clock.advance(0);
    expect((await (await storage.open()).status()).waiting.points).toBe(1);
  });
});
