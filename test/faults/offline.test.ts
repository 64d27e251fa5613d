import { describe, expect, test } from "vitest";
import { mockBench } from "./mock-bench.ts";
import { expectAllDelivered } from "./workload.ts";

describe("a place without a network", () => {
  test("F2 keeps all, asks ever more seldom, and at once when the platform says that it is online", async () => {
    let network = false;
    const { tracker, runtime, bodies, reader, flush } = await mockBench({
      between: () => {
        if (network) return undefined;
        throw new TypeError("getaddrinfo ENOTFOUND mlflow.example");
      },
    });
    runtime.online.set(false);
    const run = tracker.startRun();
    run.logMetric("loss", 1);
    await runtime.clock.advance(3_600_000);
    const asked = bodies("get-by-name").length;
    // Full jitter up to 5 min: some tries in an hour, not thousands. What the platform says keeps nobody from trying.
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(100);
    expect(tracker.queue.status()).toMatchObject({ host: "retrying", waiting: { points: 1 } });
    network = true;
    runtime.online.set(true);
    await runtime.clock.advance(0);
    expect(bodies("get-by-name").length).toBe(asked + 1);
    expectAllDelivered(await flush());
    expect(await reader.points(await run.runId(), "loss")).toHaveLength(1);
  });

  test("F2 does not trust a platform that says online when it is not", async () => {
    const { tracker, runtime, bodies } = await mockBench({
      between: () => {
        throw new TypeError("fetch failed");
      },
    });
    tracker.startRun().logMetric("loss", 1);
    await runtime.clock.advance(600_000);
    const before = bodies("get-by-name").length;
    for (let n = 0; n < 3; n++) {
      runtime.online.set(true);
      await runtime.clock.advance(0);
    }
    expect(bodies("get-by-name").length).toBe(before + 3);
    expect(tracker.queue.status()).toMatchObject({ host: "retrying", waiting: { points: 1, requests: 1 } });
  });
});
