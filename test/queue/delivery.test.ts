import { describe, expect, test } from "vitest";
import { harness, row } from "./harness.ts";

describe("Queue", () => {
  test("delivers a run with params, tags, metrics, artifact and end, in that order", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("first", { tags: { team: "vision" } });
    queue.logParam(run, "lr", "0.1");
    queue.setTag(run, "note", "hello");
    for (let step = 0; step < 3; step++) queue.logMetric(run, "loss", 1 / (step + 1), 1000 + step, step);
    const kept = queue.logArtifact(run, "config/model.json", new Blob(["{}"]));
    queue.updateRun(run, { status: "FINISHED", endTime: 99 });
    await runtime.clock.until(kept);
    const report = await runtime.clock.until(queue.flush());

    expect(report).toMatchObject({
      delivered: { points: 3, requests: 5 },
      pending: { points: 0, requests: 0 },
      problems: [],
    });
    const found = oracle.named("first");
    expect(found).toMatchObject({ status: "FINISHED", endTime: 99 });
    expect(Object.fromEntries(found.params)).toEqual({ lr: "0.1" });
    expect(Object.fromEntries(found.tags)).toMatchObject({
      team: "vision",
      note: "hello",
      "mlflow.tracklet.runId": run,
    });
    expect([...found.points]).toEqual([
      row("loss", 0, 1000, 1),
      row("loss", 1, 1001, 0.5),
      row("loss", 2, 1002, 1 / 3),
    ]);
    expect([...found.artifacts.keys()]).toEqual(["config/model.json"]);
    expect(await queue.runId(run)).toBe(found.id);
    const trace = oracle.trace();
    expect(trace.indexOf("runs/create")).toBe(2);
    expect(trace.at(-1)).toBe("runs/update");
  });

  test("sends a backlog of whole runs without waiting for evidence: of a run that it makes itself nothing was sent before", async () => {
    const offline = harness({ delivery: { mode: "manual" } });
    for (let n = 0; n < 5; n++) {
      const run = offline.start(`r${n}`);
      offline.queue.setTag(run, "note", "hello");
      offline.queue.updateRun(run, { status: "FINISHED", endTime: 99 });
    }
    await offline.runtime.clock.until(offline.queue.close());
    const online = harness({ storage: offline.storage, oracle: offline.oracle, runtime: offline.runtime });
    await online.queue.recover();
    await online.runtime.clock.advance(2_000);
    for (let n = 0; n < 5; n++) {
      const found = online.oracle.named(`r${n}`);
      expect([found.status, found.tags.get("note")]).toEqual(["FINISHED", "hello"]);
    }
    // Nor is anything read back.
    expect(online.oracle.trace().filter((path) => path.endsWith("runs/get"))).toEqual([]);
    await online.runtime.clock.until(online.queue.close());
  });
});
