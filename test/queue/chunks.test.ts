import { describe, expect, test } from "vitest";
import { harness, row } from "./harness.ts";

type Metrics = { key: string; value: number | string; step: number }[];

describe("Queue.logMetric()", () => {
  test("fills chunks of 1,000 points", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let step = 0; step < 2_500; step++) queue.logMetric(run, "loss", step, 1, step);
    await runtime.clock.until(queue.flush());
    const sizes = oracle.calls.filter(({ body }) => body.metrics).map(({ body }) => (body.metrics as Metrics).length);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(oracle.named("a").points.size).toBe(2_500);
  });

  test("seals chunks at batchSize points", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { batchSize: 10 } });
    const run = start("a");
    for (let step = 0; step < 25; step++) queue.logMetric(run, "loss", step, 1, step);
    await runtime.clock.until(queue.flush());
    const sizes = oracle.calls.filter(({ body }) => body.metrics).map(({ body }) => (body.metrics as Metrics).length);
    expect(sizes).toEqual([10, 10, 5]);
  });

  test("keeps 150 keys in chunks of at most 100 keys that still fill up", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let step = 0; step < 20; step++) {
      for (let key = 0; key < 150; key++) queue.logMetric(run, `m${key}`, key, step, step);
    }
    await runtime.clock.until(queue.flush());
    const batches = oracle.calls.filter(({ body }) => body.metrics).map(({ body }) => body.metrics as Metrics);
    expect(batches.map((batch) => batch.length).sort((a, b) => b - a)).toEqual([1000, 1000, 1000]);
    for (const batch of batches) {
      const keys = new Set(batch.map(({ key }) => key));
      expect(keys.size).toBeLessThan(101);
      expect(new Set(batch.slice(0, 100).map(({ key }) => key)).size).toBe(keys.size);
    }
    expect(oracle.named("a").points.size).toBe(3_000);
  });

  test("sends NaN apart from values", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let step = 0; step < 10; step++) queue.logMetric(run, "loss", step > 4 ? Number.NaN : step, 1, step);
    await runtime.clock.until(queue.flush());
    const batches = oracle.calls.filter(({ body }) => body.metrics).map(({ body }) => body.metrics as Metrics);
    expect(batches.map((batch) => batch.filter(({ value }) => value === "NaN").length)).toEqual([0, 5]);
    expect(batches.map((batch) => batch.length)).toEqual([5, 5]);
    expect(oracle.named("a").points.has(row("loss", 9, 1, Number.NaN))).toBe(true);
  });

  test("of a slow logger makes few requests, and shows the first point soon", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    const batches = (): number => oracle.calls.filter(({ body }) => body.metrics).length;
    queue.logMetric(run, "loss", 0, 0, 0);
    await runtime.clock.advance(1_100);
    expect(batches()).toBe(1);
    for (let step = 1; step <= 120; step++) {
      queue.logMetric(run, "loss", step, step, step);
      await runtime.clock.advance(1_000);
    }
    expect(batches()).toBeLessThan(20);
    expect(batches()).toBeGreaterThan(6);
    await runtime.clock.until(queue.flush());
    expect(oracle.named("a").points.size).toBe(121);
  });

  test("loses no point that is logged while its tail is put or sent", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let step = 0; step < 300; step++) {
      queue.logMetric(run, "loss", step, step, step);
      if (step % 7 === 0) void queue.flush({ until: "durable" });
      if (step % 11 === 0) void queue.flush();
      if (step % 3 === 0) await Promise.resolve();
      if (step % 31 === 0) await runtime.clock.advance(400);
    }
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({ delivered: { points: 300 }, pending: { points: 0 } });
    expect(oracle.named("a").points.size).toBe(300);
    expect((await queue.receipt(run)).lines).toMatchObject([
      { kind: "metric", key: "loss", logged: 300, distinct: 300, acknowledged: 300, dropped: 0, quarantined: 0 },
    ]);
  });

  test("keeps points of runs apart that log in turns", async () => {
    const { queue, oracle, runtime, start } = harness();
    const runs = ["a", "b", "c"].map((name) => start(name));
    for (let step = 0; step < 30; step++)
      for (const [n, run] of runs.entries()) queue.logMetric(run, "loss", n, 1, step);
    await runtime.clock.until(queue.flush());
    for (const [n, name] of ["a", "b", "c"].entries()) {
      expect([...oracle.named(name).points]).toEqual(Array.from({ length: 30 }, (_, step) => row("loss", step, 1, n)));
    }
  });
});

describe("Queue.logParam() and Queue.setTag()", () => {
  test("go 100 to a request, never with metrics", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let n = 0; n < 250; n++) {
      queue.logParam(run, `p${n}`, "1");
      queue.setTag(run, `t${n}`, "1");
      queue.logMetric(run, "m", n, 1, n);
    }
    await runtime.clock.until(queue.flush());
    const kinds = oracle.trace().filter((name) => name.startsWith("runs/log-batch"));
    const [metrics, params, tags] = ["metrics", "params", "tags"].map((kind) => `runs/log-batch ${kind}`);
    expect(kinds.sort()).toEqual([metrics, params, params, params, tags, tags, tags]);
    expect(oracle.named("a").params.size).toBe(250);
  });

  test("go in requests that are well below the 1 MB that MLflow takes, however long the values are", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    for (let n = 0; n < 100; n++) {
      // What takes most: 3 bytes for each unit, and 6 for each of a control character.
      queue.setTag(run, `t${n}`, (n < 50 ? "語" : "\u0001").repeat(8_000));
      queue.logParam(run, `p${n}`, "語".repeat(6_000));
    }
    queue.setTag(run, "longer than all others", "a".repeat(500_000));
    queue.setTag(run, "last", "1");
    await runtime.clock.until(queue.flush());
    const sizes = oracle.calls.map(({ body }) => new TextEncoder().encode(JSON.stringify(body)).length);
    expect(Math.max(...sizes)).toBeLessThan(510_000);
    // Nothing short has to wait for a request of its own.
    expect(sizes.length).toBeLessThan(60);
    expect([oracle.named("a").params.size, oracle.named("a").tags.get("last")]).toEqual([100, "1"]);
    expect(oracle.named("a").tags.get("t99")).toHaveLength(8_000);
    const tag = (await queue.receipt(run)).lines.find(({ key }) => key === "t0");
    expect(tag).toMatchObject({ logged: 1, acknowledged: 1 });
  });

  test("take one request for a long tag that is set again and again", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    await runtime.clock.until(queue.flush());
    const before = oracle.calls.length;
    for (let n = 0; n < 800; n++) queue.setTag(run, "mlflow.note.content", `${n} ${"x".repeat(7_900)}`);
    await runtime.clock.until(queue.flush());
    expect(oracle.calls.slice(before).filter(({ path }) => path.endsWith("log-batch"))).toHaveLength(1);
    expect(oracle.named("a").tags.get("mlflow.note.content")).toMatch(/^799 /);
  });

  test("of a tag keep the last value, also around its deletion", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    queue.setTag(run, "t", "1");
    queue.setTag(run, "t", "2");
    queue.deleteTag(run, "t");
    queue.setTag(run, "t", "3");
    queue.setTag(run, "gone", "1");
    queue.deleteTag(run, "gone");
    const report = await runtime.clock.until(queue.flush());
    const { tags } = oracle.named("a");
    expect(tags.get("t")).toBe("3");
    expect(tags.has("gone")).toBe(false);
    expect(report.delivered.requests).toBe(7);
  });

  test("take the deletion of a tag that is not there as done", async () => {
    const { queue, oracle, runtime, start, problems } = harness();
    const run = start("a");
    queue.deleteTag(run, "never");
    expect((await runtime.clock.until(queue.flush())).pending.requests).toBe(0);
    expect(problems).toEqual([]);
    expect(oracle.trace()).toContain("runs/delete-tag");
  });
});

describe("Queue.updateRun()", () => {
  test("ends a run after all that was logged before, and takes what comes later", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    queue.updateRun(run, { status: "FINISHED", endTime: 7 });
    queue.logMetric(run, "m", 2, 2, 2);
    await runtime.clock.until(queue.flush());
    expect(oracle.trace().slice(-3)).toEqual(["runs/log-batch metrics", "runs/update", "runs/log-batch metrics"]);
    expect(oracle.named("a")).toMatchObject({ status: "FINISHED", endTime: 7 });
    expect(oracle.named("a").points.size).toBe(2);
  });

  test("renames a run", async () => {
    const { queue, oracle, runtime, start } = harness();
    queue.updateRun(start("a"), { name: "b" });
    await runtime.clock.until(queue.flush());
    expect(oracle.named("b").status).toBe("RUNNING");
  });
});

describe("Queue.createRun()", () => {
  test("creates the experiment once for many runs, and at most 4 requests at a time", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => ({ delay: 10 });
    for (let n = 0; n < 12; n++) queue.logMetric(start(`r${n}`), "m", n, 1, 1);
    await runtime.clock.until(queue.flush());
    expect(oracle.runs.size).toBe(12);
    expect(oracle.experiments.size).toBe(1);
    expect(oracle.parallel).toBe(4);
  });

  test("has one request of a run in flight at a time", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => ({ delay: 10 });
    const run = start("a");
    for (let step = 0; step < 5_000; step++) queue.logMetric(run, "m", step, 1, step);
    await runtime.clock.until(queue.flush());
    expect(oracle.parallel).toBe(1);
  });

  test("tells children their parent and root, at any depth", async () => {
    const { queue, oracle, runtime, start } = harness();
    const parent = start("parent");
    const child = start("child", { parent: { local: parent } });
    start("grandchild", { parent: { local: child } });
    await runtime.clock.until(queue.flush());
    const [root, middle, leaf] = ["parent", "child", "grandchild"].map((name) => oracle.named(name));
    expect(root?.tags.has("mlflow.parentRunId")).toBe(false);
    expect(middle?.tags.get("mlflow.parentRunId")).toBe(root?.id);
    expect(leaf?.tags.get("mlflow.parentRunId")).toBe(middle?.id);
    expect(leaf?.tags.get("mlflow.rootRunId")).toBe(root?.id);
  });

  test("does not hold a child back whose parent cannot be created", async () => {
    const { queue, oracle, runtime, start } = harness();
    const parent = start("parent", { experiment: { id: "404" } });
    start("child", { parent: { local: parent } });
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({ pending: { requests: 0 }, parked: { requests: 1 } });
    expect(oracle.named("child").tags.get("mlflow.tracklet.parentRunId")).toBe(parent);
  });

  test("finds the root of a parent that only the server knows", async () => {
    const { queue, oracle, runtime, start } = harness();
    const parent = await runtime.clock.until(queue.runId(start("parent", { tags: { "mlflow.rootRunId": "top" } })));
    start("child", { parent: { server: parent } });
    await runtime.clock.until(queue.flush());
    expect(oracle.named("child").tags.get("mlflow.rootRunId")).toBe("top");
    expect(oracle.named("child").tags.get("mlflow.parentRunId")).toBe(parent);
  });
});

describe("Queue.logInputs()", () => {
  test("sends datasets and counts them", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    const dataset = {
      name: "penguins",
      digest: "1",
      sourceType: "local",
      source: "x",
      schema: undefined,
      profile: undefined,
    };
    queue.logInputs(run, [{ dataset, tags: { "mlflow.data.context": "train" } }]);
    await runtime.clock.until(queue.flush());
    expect([...oracle.named("a").inputs]).toEqual(["penguins 1"]);
    expect((await queue.receipt(run)).lines).toMatchObject([
      { kind: "input", key: "penguins", logged: 1, acknowledged: 1 },
    ]);
  });
});
