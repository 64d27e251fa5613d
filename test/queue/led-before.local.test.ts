import { beforeEach, describe, expect, test } from "vitest";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { byLease } from "./by-lease.ts";
import { type Harness, harness } from "./harness.ts";
import { World } from "./world.ts";

const nothing = { points: 0, requests: 0 };

describe("A process that led before, while another one has led since,", () => {
  let its: ManualRuntime;
  let runtime: ManualRuntime;
  let oracle: OracleServer;
  let storage: QueueStorage;
  let a: Harness;
  let run: string;

  /** Lets time pass in both processes. */
  async function both(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await runtime.clock.advance(1_000);
      await its.clock.advance(1_000);
    }
  }

  beforeEach(async () => {
    its = manualRuntime({ seed: 1 });
    runtime = manualRuntime({ seed: 2 });
    oracle = new OracleServer();
    storage = byLease(memoryQueue());
    a = harness({ runtime: its, oracle, storage });
    run = a.start("a");
    await its.clock.until(a.queue.flush());
  });

  /** What the first one tells of its run. */
  const told = (): unknown[] => {
    const { parked, problems } = a.queue.status();
    return [oracle.named("a").tags.get("k"), parked, problems.map(({ message }) => message)];
  };

  /** The run waits for a person, who restores it while the process is stopped: then another one takes its place. */
  async function restored(): Promise<Harness> {
    oracle.named("a").deleted = true;
    a.queue.setTag(run, "k", "1");
    await its.clock.until(a.queue.flush());
    expect(a.queue.status().parked.requests).toBe(1);
    oracle.named("a").deleted = false;
    const b = harness({ runtime, oracle, storage });
    await b.queue.recover();
    await runtime.clock.advance(200_000);
    expect(oracle.named("a").tags.get("k")).toBe("1");
    return b;
  }

  test("F16 F37 goes on with a run that waited for a person then, when it leads again", async () => {
    const b = await restored();
    await both(60_000);
    expect(told()).toEqual(["1", nothing, []]);
    const closing = b.queue.close();
    await both(30_000);
    await closing;
    a.queue.setTag(run, "k", "2");
    await both(60_000);
    expect(told()).toEqual(["2", nothing, []]);
  });

  test("F16 F37 tells of a run no more that goes on elsewhere, although more of it is logged all the time", async () => {
    await restored();
    for (let step = 0; step < 60; step++) {
      a.queue.setTag(run, "k", `${step}`);
      a.queue.logMetric(run, "m", step, step, step);
      await both(1_000);
    }
    expect(told().slice(1)).toEqual([nothing, []]);
    expect(a.problems.map(({ kind }) => kind)).toEqual(["run-parked"]);
  });

  test("F16 F37 tells once of a run that waits for a person still, whoever leads", async () => {
    oracle.named("a").deleted = true;
    a.queue.setTag(run, "k", "1");
    await its.clock.until(a.queue.flush());
    const b = harness({ runtime, oracle, storage });
    await b.queue.recover();
    await runtime.clock.advance(200_000);
    await both(60_000);
    const closing = b.queue.close();
    await both(30_000);
    await closing;
    await both(120_000);
    const { parked, problems } = a.queue.status();
    expect([problems.length, a.problems.length]).toEqual([1, 1]);
    expect(parked.requests).toBeGreaterThan(0);
  });

  test.each([
    ["server-unreachable", 503],
    ["server-refused", 401],
  ])("F37 takes %s back when that one delivers, or has", async (kind, status) => {
    oracle.fault = () => ({ status });
    a.queue.setTag(run, "k", "1");
    await its.clock.advance(120_000);
    expect(a.queue.status().problems.map((problem) => problem.kind)).toEqual([kind]);
    const b = harness({ runtime, oracle, storage });
    await b.queue.recover();
    oracle.fault = () => undefined;
    await runtime.clock.advance(200_000);
    expect(oracle.named("a").tags.get("k")).toBe("1");
    await both(5_000);
    a.queue.setTag(run, "k", "2");
    await both(60_000);
    expect([a.queue.status().host, ...told()]).toEqual(["ok", "2", nothing, []]);
  });
});

test.each(["follows", "leads again"])(
  "F45 a process that led before, and %s, takes back that a run has an older value when another one has set it right",
  async (how) => {
    const world = new World();
    const { oracle } = world;
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    await world.until(a.queue.flush());
    b.start("b");
    await world.until(b.queue.flush());
    let late = true;
    oracle.fault = ({ path, body }) => {
      if (!late || !path.endsWith("log-batch") || !JSON.stringify(body).includes('"k"')) return undefined;
      late = false;
      return { late: 2_000 };
    };
    a.queue.setTag(run, "k", "old");
    await world.pass(1_000);
    a.queue.setTag(run, "k", "new");
    await world.pass(5_000);
    expect(oracle.named("a").tags.get("k")).toBe("old");
    oracle.named("a").deleted = true;
    await world.pass(150_000);
    const told = (): unknown[] => a.queue.status().problems.map(({ kind, key }) => [kind, key]);
    expect(told()).toEqual([["server-refused", "overwritten"]]);
    a.stop();
    await world.pass(200_000);
    oracle.named("a").deleted = false;
    await world.pass(700_000);
    expect(oracle.named("a").tags.get("k")).toBe("new");
    await world.pass(200_000);
    if (how === "leads again") await world.until(b.queue.close());
    a.goOn();
    await world.pass(60_000);
    expect(told()).toEqual([]);
  },
);

test.each(["frozen", "cached"] as const)(
  "F35 a page that was %s, and leads again as soon as it comes back, counts what another one delivered meanwhile",
  async (how) => {
    const its = manualRuntime({ seed: 1 });
    const oracle = new OracleServer();
    const memory = memoryQueue();
    let awake = Promise.resolve();
    let thaw = (): void => {};
    const a = harness({ runtime: its, oracle, storage: byLease(memory, () => awake) });
    const run = a.start("a");
    await its.clock.until(a.queue.flush());
    oracle.fault = () => ({ status: 503 });
    for (let step = 0; step < 39; step++) a.queue.logMetric(run, "m", step, step, step);
    a.queue.setTag(run, "k", "1");
    await its.clock.advance(30_000);
    expect(a.queue.status().host).toBe("retrying");
    // Its time stands still until it comes back, with a put on its way.
    awake = new Promise((resolve) => {
      thaw = resolve;
    });
    a.queue.setTag(run, "k", "1");
    its.lifecycle.hide(how);
    oracle.fault = () => undefined;
    const runtime = manualRuntime({ seed: 2 });
    const b = harness({ runtime, oracle, storage: byLease(memory) });
    await b.queue.recover();
    await runtime.clock.until(b.queue.flush());
    await runtime.clock.until(b.queue.close());
    expect([oracle.named("a").points.size, oracle.named("a").tags.get("k")]).toEqual([39, "1"]);
    its.lifecycle.show();
    thaw();
    await its.clock.advance(600_000);
    const report = await its.clock.until(a.queue.flush());
    expect(report).toMatchObject({ pending: nothing, parked: nothing, others: nothing, problems: [] });
    const { waiting, inFlight, parked, host } = a.queue.status();
    expect([waiting, inFlight, parked, host]).toEqual([nothing, nothing, nothing, "ok"]);
  },
);
