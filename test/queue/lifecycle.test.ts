import { describe, expect, test } from "vitest";
import type { QueueStatus } from "../../src/queue/types.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { harness } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

describe("createQueue()", () => {
  test("starts no timer and listens to nothing before the first write", async () => {
    const { queue, runtime } = harness();
    expect(runtime.clock.pending).toBe(0);
    expect(runtime.lifecycle.listeners).toBe(0);
    expect(await queue.flush()).toMatchObject({ delivered: nothing, pending: nothing });
    expect(await queue.close()).toMatchObject({ delivered: nothing, pending: nothing });
    expect(runtime.clock.pending).toBe(0);
  });

  test("has nothing to make sure of at the end of a run that no other leader can have sent anything of", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    queue.setTag(run, "t", "1");
    queue.updateRun(run, { status: "FINISHED" });
    await runtime.clock.until(queue.flush());
    expect(runtime.clock.monotonic()).toBeLessThan(5_000);
    expect(oracle.trace()).not.toContain("runs/get");
  });

  test("sends by itself within the flush interval", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { flushInterval: 300 } });
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    queue.logParam(run, "p", "1");
    await runtime.clock.advance(0);
    await runtime.clock.until(queue.runId(run));
    expect(runtime.clock.monotonic()).toBe(0);
    queue.logMetric(run, "m", 2, 2, 2);
    await runtime.clock.advance(700);
    expect(oracle.named("a").points.size).toBe(2);
  });
});

describe("Queue in front of a server that cannot be reached", () => {
  test("takes everything at once and tells by a time-out what is left", async () => {
    const { queue, oracle, runtime, start, problems } = harness();
    oracle.fault = () => "drop-before";
    const run = start("a");
    for (let step = 0; step < 5_000; step++) queue.logMetric(run, "m", step, 1, step);
    const report = await runtime.clock.until(queue.flush({ timeout: 5_000 }));
    expect(runtime.clock.monotonic()).toBe(5_000);
    expect(report).toMatchObject({ delivered: nothing, pending: { points: 5_000, requests: 1 } });
    expect(report.problems).toMatchObject([{ kind: "server-unreachable" }]);
    expect(problems).toHaveLength(1);
    expect(queue.status()).toMatchObject({
      host: "retrying",
      waiting: { points: 5_000, requests: 1 },
      inFlight: nothing,
    });
  });

  test("probes with one request at a time, ever more seldom", async () => {
    const { queue, oracle, runtime, start } = harness();
    let asked = 0;
    oracle.fault = () => {
      asked++;
      return "drop-before";
    };
    for (let n = 0; n < 8; n++) queue.logMetric(start(`r${n}`), "m", 1, 1, 1);
    await runtime.clock.advance(3_600_000);
    expect(oracle.parallel).toBeLessThan(5);
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(60);
  });

  test("delivers all when the server is back", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => "drop-before";
    const run = start("a");
    for (let step = 0; step < 100; step++) queue.logMetric(run, "m", step, 1, step);
    await runtime.clock.advance(600_000);
    oracle.fault = () => undefined;
    runtime.online.set(true);
    await runtime.clock.advance(1_000);
    expect(oracle.named("a").points.size).toBe(100);
    expect(queue.status()).toMatchObject({ host: "ok", problems: [], waiting: nothing });
  });

  test("tells of each outage", async () => {
    const { queue, oracle, runtime, start, problems } = harness();
    const run = start("a");
    await runtime.clock.until(queue.flush());
    for (const outages of [1, 2]) {
      oracle.fault = () => "drop-before";
      queue.setTag(run, "t", String(outages));
      await runtime.clock.advance(100_000);
      oracle.fault = () => undefined;
      await runtime.clock.until(queue.flush());
      expect(problems.map(({ kind }) => kind)).toEqual(Array(outages).fill("server-unreachable"));
    }
  });

  test("keeps a pause that the server asked for while answers to other requests come in", async () => {
    const { queue, oracle, runtime, start } = harness();
    const runs = ["a", "b"].map((name) => start(name));
    await runtime.clock.until(queue.flush());
    const before = oracle.calls.length;
    let asked = 0;
    oracle.fault = () => (asked++ === 0 ? { status: 429, headers: { "retry-after": "3600" } } : { delay: 5_000 });
    for (const run of runs) for (let n = 0; n < 3_000; n++) queue.logMetric(run, "m", n, 1, n);
    await runtime.clock.advance(3_500_000);
    expect([asked, oracle.calls.length - before]).toEqual([2, 1]);
    await runtime.clock.until(queue.flush());
    expect(oracle.named("a").points.size).toBe(3_000);
  });

  test("closes within the time it is given", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => ({ delay: 100_000 });
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    const report = await runtime.clock.until(queue.close({ timeout: 2_000 }));
    expect(runtime.clock.monotonic()).toBe(2_000);
    expect(report).toMatchObject({ delivered: nothing, pending: { points: 1, requests: 1 } });
    expect(runtime.lifecycle).toMatchObject({ kept: 0, listeners: 0 });
    expect(runtime.clock.pending).toBe(0);
  });

  test.each([
    ["a param", (text: string) => text.includes("poison")],
    ["the creation of a run", (text: string) => text.includes('"run_name":"a"')],
  ])("delivers all else before it closes, while %s is a 500 for ever", async (_, isBad) => {
    const { queue, oracle, runtime, start } = harness({ storage: { ...memoryQueue(), durable: true } });
    oracle.fault = ({ body }) => (isBad(JSON.stringify(body)) ? { status: 500 } : { delay: 200 });
    queue.logParam(start("a"), "p", "poison");
    await runtime.clock.advance(30_000);
    const run = start("b");
    for (let step = 0; step < 5_000; step++) queue.logMetric(run, "m", step, step, step);
    queue.updateRun(run, { status: "FINISHED" });
    await runtime.clock.until(queue.close({ timeout: 10_000 }));
    expect(oracle.named("b")).toMatchObject({ status: "FINISHED", points: { size: 5_000 } });
  });

  test("waits for a slow probe without turning in circles", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = ({ number }) => (number < 3 ? "drop-before" : { delay: 60_000 });
    for (let n = 0; n < 3; n++) queue.logMetric(start(`r${n}`), "m", 1, 1, 1);
    await runtime.clock.advance(50_000);
    expect(queue.status()).toMatchObject({ host: "retrying", inFlight: { points: 0, requests: 1 } });
  });

  test("ends a request after requestTimeout and tries again", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { requestTimeout: 1_000 } });
    let slow = true;
    oracle.fault = () => (slow ? { delay: 1e9 } : undefined);
    const run = start("a");
    const created = queue.runId(run);
    await runtime.clock.advance(10_000);
    slow = false;
    await runtime.clock.until(created);
    expect(oracle.runs.size).toBe(1);
  });
});

describe("Queue in manual mode", () => {
  test("sends only at flush()", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { mode: "manual" } });
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    await runtime.clock.advance(60_000);
    expect(oracle.calls).toEqual([]);
    expect(await queue.settle({ runs: [run], timeout: 5_000 })).toBe(2);
    expect((await runtime.clock.until(queue.flush())).pending).toEqual(nothing);
    queue.logMetric(run, "m", 2, 2, 2);
    await runtime.clock.advance(60_000);
    expect(oracle.named("a").points.size).toBe(1);
  });

  test("says at close what was never sent", async () => {
    const { queue, runtime, start } = harness({ delivery: { mode: "manual" } });
    start("a");
    expect((await runtime.clock.until(queue.close())).pending).toEqual({ points: 0, requests: 1 });
  });
});

describe("Queue.pause()", () => {
  test("keeps everything until resume(), and flush() does not wait for that", async () => {
    const { queue, oracle, runtime, start } = harness();
    queue.pause();
    const run = start("a");
    queue.logMetric(run, "m", 1, 1, 1);
    const report = await runtime.clock.until(queue.flush());
    expect(report.pending).toEqual({ points: 1, requests: 1 });
    expect(queue.status().host).toBe("paused");
    await runtime.clock.advance(60_000);
    expect(oracle.calls).toEqual([]);
    queue.resume();
    await runtime.clock.advance(1_000);
    expect(oracle.named("a").points.size).toBe(1);
  });
});

describe("Queue.settle()", () => {
  test("waits for the runs asked for, by either id, and gives what is left", async () => {
    const { queue, oracle, runtime, start } = harness();
    const [a, b] = [start("a"), start("b")];
    const id = await runtime.clock.until(queue.runId(a));
    await runtime.clock.until(queue.runId(b));
    oracle.fault = ({ body }) => (body.run_id === id ? undefined : { delay: 1e9 });
    queue.logMetric(a, "m", 1, 1, 1);
    queue.logMetric(b, "m", 1, 1, 1);
    expect(await runtime.clock.until(queue.settle({ runs: [id], timeout: 5_000 }))).toBe(0);
    expect(oracle.named("a").points.size).toBe(1);
    expect(await runtime.clock.until(queue.settle({ runs: [b], timeout: 5_000 }))).toBe(1);
    expect(await runtime.clock.until(queue.settle({ timeout: 5_000 }))).toBe(1);
    expect(await queue.settle({ timeout: 0 })).toBe(1);
    expect(await queue.settle({ runs: ["unknown"], timeout: 5_000 })).toBe(0);
  });
});

describe("Queue.runId() and its like", () => {
  test("know both ids", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    expect(queue.knownRunId(run)).toBe(undefined);
    expect(queue.localIdOf(run)).toBe(run);
    const id = await runtime.clock.until(queue.runId(run));
    expect(id).toBe(oracle.named("a").id);
    expect([queue.knownRunId(run), queue.knownRunId(id), queue.localIdOf(id)]).toEqual([id, id, run]);
    expect([queue.knownRunId("x"), queue.localIdOf("x")]).toEqual([undefined, undefined]);
  });

  test("reject after a time-out, at an abort, and when the queue closes", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => "drop-before";
    const run = start("a");
    await expect(runtime.clock.until(queue.runId(run, { timeout: 100 }))).rejects.toMatchObject({
      name: "TimeoutError",
      message: expect.stringContaining("is the server running"),
    });
    const abort = new AbortController();
    const waits = queue.runId(run, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(waits).rejects.toThrow("enough");
    const closed = queue.runId(run);
    const outcome = expect(closed).rejects.toMatchObject({ name: "TimeoutError" });
    await runtime.clock.until(queue.close({ timeout: 1 }));
    await outcome;
  });
});

describe("Queue.adoptRun()", () => {
  test("logs to a run that somebody else created, without asking for it", async () => {
    const { queue, oracle, runtime, start } = harness();
    const id = await runtime.clock.until(queue.runId(start("a")));
    await runtime.clock.until(queue.close());
    const again = harness({ oracle, runtime });
    again.queue.adoptRun("local-2", id, "1");
    again.queue.logMetric("local-2", "m", 1, 1, 1);
    const before = oracle.calls.length;
    expect((await runtime.clock.until(again.queue.flush())).pending).toEqual(nothing);
    expect(oracle.named("a").points.size).toBe(1);
    expect(oracle.calls.length - before).toBe(1);
  });
});

describe("Queue.subscribe()", () => {
  test("tells once per task, until it is stopped", async () => {
    const { queue, oracle, runtime, start } = harness();
    oracle.fault = () => ({ delay: 10 });
    const seen: QueueStatus[] = [];
    const stop = queue.subscribe((status) => seen.push(status));
    const run = start("a");
    for (let step = 0; step < 100; step++) queue.logMetric(run, "m", step, 1, step);
    await runtime.clock.advance(0);
    expect(seen[0]?.waiting.points).toBe(100);
    await runtime.clock.until(queue.flush());
    await runtime.clock.advance(0);
    expect(seen.at(-1)).toMatchObject({ waiting: nothing, delivered: { points: 100, requests: 1 }, host: "ok" });
    expect(seen.length).toBeLessThan(20);
    stop();
    const count = seen.length;
    queue.setTag(run, "t", "1");
    await runtime.clock.advance(5_000);
    expect(seen.length).toBe(count);
  });
});

describe("Queue.receipt()", () => {
  test("counts per kind and key what was logged, was different, and arrived", async () => {
    const { queue, runtime, start } = harness();
    const run = start("a");
    for (const step of [1, 2, 2, 3]) queue.logMetric(run, "m", step, step, step);
    queue.logParam(run, "p", "1");
    queue.logParam(run, "p", "1");
    queue.setTag(run, "t", "1");
    void queue.logArtifact(run, "f.txt", new Blob(["x"]));
    const empty = { acknowledged: 0, dropped: 0, quarantined: 0 };
    const lines = [
      { kind: "metric", key: "m", logged: 4, distinct: expect.any(Number), ...empty },
      { kind: "param", key: "p", logged: 2, distinct: 1, ...empty },
      { kind: "tag", key: "t", logged: 1, distinct: 1, ...empty },
      { kind: "artifact", key: "f.txt", logged: 1, distinct: 1, ...empty },
    ];
    // Which of the points are different is known once they are in the storage.
    expect(await queue.receipt(run)).toMatchObject({ run, runId: undefined, lines });
    await runtime.clock.until(queue.flush());
    expect(await queue.receipt(run)).toEqual({
      run,
      runId: queue.knownRunId(run),
      lines: lines.map((line) => ({
        ...line,
        acknowledged: line.logged,
        ...(line.kind === "metric" && { distinct: 3, hash: expect.stringMatching(/^[0-9a-f]{16}$/) }),
      })),
    });
  });
});

describe("Queue.logArtifact()", () => {
  test("rejects by name a body over the bound, and keeps the rest", async () => {
    const { queue, oracle, runtime, start } = harness({ delivery: { maxStoredBytes: 10 } });
    const run = start("a");
    const kept = queue.logArtifact(run, "small.bin", new Blob(["12345678"]));
    await expect(queue.logArtifact(run, "large.bin", new Blob(["123"]))).rejects.toThrow('"large.bin"');
    await runtime.clock.until(kept);
    await runtime.clock.until(queue.flush());
    await runtime.clock.until(queue.logArtifact(run, "later.bin", new Blob(["1234567890"])));
    await runtime.clock.until(queue.flush());
    expect([...oracle.named("a").artifacts.keys()].sort()).toEqual(["later.bin", "small.bin"]);
  });

  test("uploads names with spaces, percent signs and other scripts, and empty files", async () => {
    const { queue, oracle, runtime, start } = harness();
    const run = start("a");
    const paths = ["ein Bild.png", "äöü/数据.json", "empty"];
    for (const path of paths) void queue.logArtifact(run, path, new Blob(path === "empty" ? [] : ["x"]));
    expect((await runtime.clock.until(queue.flush())).pending).toEqual(nothing);
    expect([...oracle.named("a").artifacts.keys()]).toEqual(paths);
  });
});

describe("Queue and a listener that throws", () => {
  test("goes on", async () => {
    const it = harness();
    it.problems.push = () => {
      throw new Error("listener");
    };
    it.oracle.fault = ({ number }) => (number === 1 ? "drop-before" : undefined);
    it.queue.logMetric(it.start("a"), "m", 1, 1, 1);
    expect((await it.runtime.clock.until(it.queue.flush())).pending).toEqual(nothing);
  });
});
