import { describe, expect, test } from "vitest";
import type { MetricMemo } from "../../src/queue/queue.ts";
import { harness, row } from "./harness.ts";

describe("Queue.logMetric()", () => {
  test("logMetric() takes points for a run that has ended since, by the memo from before as without one", async () => {
    const { queue, oracle, runtime, start } = harness();
    const memo: MetricMemo = {};
    const run = start("a");
    queue.logMetric(run, "loss", 1, 10, 1, memo);
    queue.updateRun(run, { status: "FINISHED", endTime: 11 });
    queue.logMetric(run, "loss", 2, 20, 2, memo);
    queue.logMetric(run, "loss", 3, 30, 3);
    await runtime.clock.until(queue.flush());
    expect([...oracle.named("a").points]).toEqual([
      row("loss", 1, 10, 1),
      row("loss", 2, 20, 2),
      row("loss", 3, 30, 3),
    ]);
  });
});
