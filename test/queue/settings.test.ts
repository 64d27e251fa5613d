import { describe, expect, test } from "vitest";
import { deliverySettings } from "../../src/queue/settings.ts";
import type { DeliveryOptions } from "../../src/queue/types.ts";
import { harness } from "./harness.ts";

describe("deliverySettings()", () => {
  test("takes the default for an option that is undefined as for one that is left out", () => {
    const defaults = deliverySettings(undefined);
    const given = Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined])) as DeliveryOptions;
    expect(deliverySettings(given)).toEqual(defaults);
  });

  test("keeps what is sent at once within what MLflow takes", () => {
    expect(deliverySettings({ batchSize: 5_000, concurrency: 99 })).toMatchObject({ batchSize: 1_000, concurrency: 6 });
    expect(deliverySettings({ batchSize: 0.5, concurrency: 0 })).toMatchObject({ batchSize: 1, concurrency: 1 });
  });

  test("never plans for a time that is no number", async () => {
    const delivery = { flushInterval: undefined, requestTimeout: undefined, exitTimeout: undefined };
    const it = harness({ delivery: delivery as unknown as DeliveryOptions });
    const planned: number[] = [];
    const after = it.runtime.clock.after.bind(it.runtime.clock);
    it.runtime.clock.after = (ms, callback) => {
      planned.push(ms);
      return after(ms, callback);
    };
    const run = it.start("a");
    await it.runtime.clock.advance(5_000);
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.advance(5_000);
    await it.runtime.clock.until(it.queue.close());
    expect(planned.length).toBeGreaterThan(1);
    expect(planned.filter((ms) => !(ms >= 0))).toEqual([]);
    expect(it.oracle.named("a").points.size).toBe(1);
  });
});
