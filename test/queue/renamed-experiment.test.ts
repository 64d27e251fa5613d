import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import type { OracleServer } from "../support/oracle-server.ts";
import { harness } from "./harness.ts";

/** The answer to a creation in "digits" is lost, and nothing goes through any more. */
async function withLostCreation(storage = memoryQueue()) {
  const it = harness({ storage });
  let isDown = false;
  it.oracle.fault = ({ path }) => {
    if (isDown) return "drop-before";
    isDown = path.endsWith("runs/create");
    return isDown ? "drop-after" : undefined;
  };
  const run = it.start("a", { experiment: { name: "digits" } });
  it.queue.logMetric(run, "loss", 1, 1, 1);
  await it.runtime.clock.advance(60_000);
  expect(it.oracle.runs.size).toBe(1);
  return { it, run };
}

/** Somebody renames the experiment, as in the UI of MLflow. */
function rename({ experiments }: OracleServer): void {
  for (const one of experiments.values()) Object.assign(one, { name: "digits (old)" });
}

describe("Queue whose experiment is renamed while a creation is in doubt", () => {
  test("F17 finds a run whose experiment was renamed after its creation had no answer", async () => {
    const { it, run } = await withLostCreation();
    rename(it.oracle);
    it.oracle.fault = () => undefined;
    await it.runtime.clock.until(it.queue.flush());
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(3_600_000);
    expect(it.oracle.named("a")).toMatchObject({ status: "FINISHED", deleted: false });
    expect(it.oracle.named("a").points.size).toBe(1);
    expect([...it.oracle.experiments.values()].map(({ name }) => name)).toEqual(["digits (old)"]);
  });

  test("F17 also after a restart", async () => {
    const storage = memoryQueue();
    const { it } = await withLostCreation(storage);
    const { clock } = it.runtime;
    await clock.until(it.queue.close());
    rename(it.oracle);
    it.oracle.fault = () => undefined;
    const next = harness({ storage, oracle: it.oracle, runtime: manualRuntime({ clock, seed: 2 }) });
    await next.queue.recover();
    await clock.until(next.queue.flush());
    expect(it.oracle.named("a").points.size).toBe(1);
    expect([...it.oracle.experiments.values()].map(({ name }) => name)).toEqual(["digits (old)"]);
    await clock.until(next.queue.close());
  });

  test("F17 deletes the empty twin of a run that comes late to an experiment which was renamed meanwhile", async () => {
    const it = harness();
    let creates = 0;
    it.oracle.fault = ({ path }) => {
      if (!path.endsWith("runs/create") || creates++ > 0) return undefined;
      queueMicrotask(() => rename(it.oracle));
      return { late: 20_000 };
    };
    it.start("a", { experiment: { name: "digits" } });
    await it.runtime.clock.advance(600_000);
    const runs = [...it.oracle.runs.values()];
    const where = runs.map(({ deleted, experimentId }) => [deleted, it.oracle.experiments.get(experimentId)?.name]);
    expect(where.sort()).toEqual([
      [false, "digits"],
      [true, "digits (old)"],
    ]);
  });
});
