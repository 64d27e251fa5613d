import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import type { QuarantinedItem } from "../../src/queue/drain/quarantine-types.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";

interface Bench {
  readonly tracker: Tracker;
  readonly oracle: OracleServer;
  readonly runtime: ManualRuntime;
  until<T>(promise: Promise<T>): Promise<T>;
  list(): Promise<QuarantinedItem[]>;
}

function bench(storage: QueueStorage = memoryQueue(), more: Partial<Bench> = {}): Bench {
  const runtime = more.runtime ?? manualRuntime({ seed: 3 });
  const oracle = more.oracle ?? new OracleServer(runtime.clock);
  const tracker = createTracker({
    trackingUri: "http://oracle.test",
    fetch: oracle.fetch,
    runtime,
    queue: storage,
    onProblem: () => {},
  });
  const until = <T>(promise: Promise<T>): Promise<T> => runtime.clock.until(promise);
  const list = (): Promise<QuarantinedItem[]> => until(all(tracker.queue.quarantine.list()));
  return { tracker, oracle, runtime, until, list };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Has the server refuse whatever names `bad`, for good. */
function refuseBad(oracle: OracleServer): void {
  oracle.fault = ({ path, body }) =>
    path.endsWith("log-batch") && JSON.stringify(body).includes("bad")
      ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" }
      : undefined;
}

describe("tracker.queue.quarantine", () => {
  test("lists and exports what the server refuses, with its words and the values", async () => {
    const { tracker, oracle, until, list } = bench();
    refuseBad(oracle);
    const run = tracker.startRun({ name: "a" });
    run.logMetric("bad", Number.NaN, { step: 3, timestamp: 1_700_000_000_000 });
    run.logMetric("good", 1);
    run.logParams({ "bad/p": 1, p: 2 });
    const report = await until(tracker.flush());
    expect(report).toMatchObject({ quarantined: { points: 1, requests: 1 }, pending: { points: 0, requests: 0 } });
    const items = await list();
    expect(items.map(({ kind, keys, count, atCall }) => [kind, keys, count, atCall]).sort()).toEqual([
      ["metrics", ["bad"], 1, false],
      ["params", ["bad/p"], 1, false],
    ]);
    for (const item of items) {
      expect(item).toMatchObject({ run: run.localId, runId: await run.runId(), reason: expect.stringContaining("no") });
    }
    const lines = await until(all(tracker.queue.quarantine.export()));
    expect(lines.every((line) => line.endsWith("\n"))).toBe(true);
    const [point, param] = lines.map((line) => JSON.parse(line)).sort((a, b) => a.kind.localeCompare(b.kind));
    expect(point).toMatchObject({
      run: run.localId,
      kind: "metrics",
      count: 1,
      points: [{ key: "bad", value: "NaN", timestamp: 1_700_000_000_000, step: 3 }],
    });
    expect(param).toMatchObject({ kind: "params", values: [{ key: "bad/p", value: "1" }] });
    await until(tracker.close());
  });

  test("retry() sends one, or all of them, again: counts, receipt and status follow", async () => {
    const { tracker, oracle, until, list } = bench();
    refuseBad(oracle);
    const run = tracker.startRun({ name: "a" });
    run.logMetrics({ "bad/1": 1, "bad/2": 2 });
    run.logParam("bad/p", 1);
    await until(tracker.flush());
    expect(tracker.queue.status().quarantined).toEqual({ points: 2, requests: 1 });
    expect(tracker.queue.status().problems.length).toBeGreaterThan(0);
    oracle.fault = () => undefined;
    const [first] = await list();
    expect(await until(tracker.queue.quarantine.retry(first!))).toBe(1);
    expect(await until(tracker.queue.quarantine.retry(first!.id))).toBe(0);
    expect(await until(tracker.queue.quarantine.retry())).toBe(2);
    const report = await until(tracker.flush());
    expect(report).toMatchObject({
      quarantined: { points: 0, requests: 0 },
      pending: { points: 0, requests: 0 },
      delivered: { points: 2 },
      problems: [],
    });
    expect(await list()).toEqual([]);
    expect([...oracle.named("a").points].length).toBe(2);
    const { lines } = await until(run.receipt());
    for (const key of ["bad/1", "bad/2", "bad/p"]) {
      expect(lines.find((line) => line.key === key)).toMatchObject({ logged: 1, acknowledged: 1, quarantined: 0 });
    }
    await until(tracker.close());
  });

  test("discard() forgets, and counts what goes as dropped", async () => {
    const { tracker, oracle, until, list } = bench();
    refuseBad(oracle);
    const run = tracker.startRun({ name: "a" });
    run.logMetrics({ "bad/1": 1, "bad/2": 2 });
    run.logMetric("fine", "no number" as unknown as number);
    await until(tracker.flush());
    expect((await list()).map(({ keys }) => keys)).toEqual([["bad/1"], ["bad/2"], ["fine"]]);
    const [first] = await list();
    expect(await until(tracker.queue.quarantine.discard(first!))).toBe(1);
    expect(await until(tracker.queue.quarantine.discard("nothing"))).toBe(0);
    expect(tracker.queue.status()).toMatchObject({ quarantined: { points: 2 }, dropped: { points: 1 } });
    expect(await until(tracker.queue.quarantine.discard())).toBe(2);
    expect(tracker.queue.status()).toMatchObject({ quarantined: { points: 0 }, dropped: { points: 3 } });
    const { lines } = await until(run.receipt());
    expect(lines.find(({ key }) => key === "bad/1")).toMatchObject({ logged: 1, dropped: 1, quarantined: 0 });
    // Refused at the call: it is given up like anything else.
    expect(lines.find(({ key }) => key === "fine")).toMatchObject({ logged: 1, dropped: 1, quarantined: 0, atCall: 1 });
    run.logMetric("fine", "again" as unknown as number);
    const { lines: later } = await until(run.receipt());
    expect(later.find(({ key }) => key === "fine")).toMatchObject({ logged: 2, dropped: 1, quarantined: 1, atCall: 2 });
    await until(tracker.close());
  });

  test("lists what was refused at the call once for each key, which cannot be retried", async () => {
    const { tracker, until, list } = bench();
    const run = tracker.startRun({ name: "a" });
    for (let n = 0; n < 50; n++) run.logMetric("loss", undefined as unknown as number);
    const [item, ...rest] = await list();
    expect(rest).toEqual([]);
    expect(item).toMatchObject({ kind: "metric", keys: ["loss"], count: 50, atCall: true, run: run.localId });
    expect(item?.reason).toContain("current value is undefined");
    expect(await until(tracker.queue.quarantine.retry())).toBe(0);
    expect(JSON.parse((await until(all(tracker.queue.quarantine.export())))[0]!)).toMatchObject({
      kind: "metric",
      count: 50,
      atCall: true,
    });
    await until(tracker.close());
  });

  test("is still there after a restart, with the receipt, body and all", async () => {
    const storage: QueueStorage = { ...memoryQueue(), durable: true };
    const first = bench(storage);
    first.oracle.fault = ({ path }) =>
      path.includes("mlflow-artifacts") ? { status: 400, errorCode: "INVALID_PARAMETER_VALUE" } : undefined;
    const run = first.tracker.startRun({ name: "a" });
    run.logMetric("loss", undefined as unknown as number);
    await first.until(run.logText("weights", "w.txt"));
    await first.until(first.tracker.flush());
    expect(first.tracker.queue.status().quarantined).toEqual({ points: 1, requests: 1 });
    await first.until(first.tracker.close());

    const { oracle, runtime } = first;
    const next = bench(storage, { oracle, runtime });
    const [item] = await next.list();
    expect(item).toMatchObject({ run: run.localId, kind: "artifact", keys: ["w.txt"], count: 1 });
    const body = await next.until(next.tracker.queue.quarantine.body(item!));
    expect(await body?.text()).toBe("weights");
    const [line] = (await next.until(all(next.tracker.queue.quarantine.export()))).map((text) => JSON.parse(text));
    expect(line).toMatchObject({ path: "w.txt", size: 7, base64: btoa("weights") });
    oracle.fault = () => undefined;
    expect(await next.until(next.tracker.queue.quarantine.retry(item!))).toBe(1);
    await next.until(next.tracker.flush());
    expect(await next.list()).toEqual([]);
    expect(next.tracker.queue.status().quarantined).toEqual({ points: 0, requests: 0 });
    await next.until(next.tracker.close());
  });
});
