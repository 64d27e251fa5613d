import { describe, expect, test } from "vitest";
import type { OracleCall, OracleFault } from "../support/oracle-server.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import type { Problem } from "../../src/queue/types.ts";
import { harness } from "./harness.ts";
import { World } from "./world.ts";

const nothing = { points: 0, requests: 0 };
const refusal = { status: 400, errorCode: "INVALID_PARAMETER_VALUE" };

/** A run, and a server that refuses what `isRefused` picks until `mend()`. */
function refusing(isRefused: (call: OracleCall) => boolean, options?: Parameters<typeof harness>[0]) {
  const it = harness(options);
  let refuses = true;
  it.oracle.fault = (call) => (refuses && isRefused(call) ? refusal : undefined);
  const flush = () => it.runtime.clock.until(it.queue.flush(), 10_000_000);
  return {
    ...it,
    run: it.start("a"),
    server: () => it.oracle.named("a"),
    flush,
    mend: () => {
      refuses = false;
    },
    /** Logs what is refused, and waits until as many are set aside. */
    async refuse(log: () => void, count = 1): Promise<void> {
      const before = it.queue.status().quarantined.requests;
      log();
      await flush();
      expect(it.queue.status().quarantined.requests).toBe(before + count);
    },
    /** Puts all of the quarantine, or one, back on a server that takes it, and waits. `dropped`: what was before. */
    async retry(id?: string, dropped = 0): Promise<void> {
      refuses = false;
      await (await it.queue.quarantine()).retry(id);
      expect(await flush()).toMatchObject({
        pending: nothing,
        parked: nothing,
        dropped: { points: 0, requests: dropped },
      });
      if (id === undefined) expect(it.queue.status().quarantined).toEqual(nothing);
      await it.runtime.clock.advance(600_000);
    },
  };
}

/** Picks requests that have a text somewhere in their body. */
function having(text: string): (call: OracleCall) => boolean {
  return ({ body }) => JSON.stringify(body).includes(text);
}

describe("quarantine.retry()", () => {
  test("of an older tag leaves the one that was set last, and counts as acknowledged", async () => {
    const { queue, run, server, flush, refuse, retry, oracle } = refusing(having('"older"'));
    await refuse(() => queue.setTag(run, "stage", "older"));
    queue.setTag(run, "stage", "newer");
    await flush();
    oracle.calls.length = 0;
    await retry();
    expect(server().tags.get("stage")).toBe("newer");
    expect(oracle.calls.filter(having('"older"'))).toEqual([]);
    expect((await queue.receipt(run)).lines).toMatchObject([
      { kind: "tag", key: "stage", logged: 2, acknowledged: 2, quarantined: 0 },
    ]);
  });

  test("of several tags sets those that were not set again, whatever their keys", async () => {
    const { queue, run, server, flush, refuse, retry } = refusing(having("older"));
    const keys = ["stage", "constructor", "__proto__", "kept"];
    await refuse(() => {
      for (const key of keys) queue.setTag(run, key, `older ${key}`);
    }, keys.length);
    queue.setTag(run, "stage", "newer");
    queue.setTag(run, "__proto__", "newer");
    await flush();
    await retry();
    expect([...server().tags].filter(([key]) => !key.startsWith("mlflow."))).toEqual([
      ["stage", "newer"],
      ["__proto__", "newer"],
      ["constructor", "older constructor"],
      ["kept", "older kept"],
    ]);
  });

  test("of a tag that was deleted since leaves it deleted", async () => {
    const { queue, run, server, flush, refuse, retry } = refusing(having('"older"'));
    await refuse(() => queue.setTag(run, "stage", "older"));
    queue.deleteTag(run, "stage");
    await flush();
    await retry();
    expect(server().tags.has("stage")).toBe(false);
  });

  test("of the deletion of a tag that was set since leaves it, and deletes one that was not", async () => {
    const { queue, run, server, flush, refuse, retry } = refusing(({ path }) => path.endsWith("delete-tag"));
    for (const key of ["again", "gone"]) queue.setTag(run, key, "first");
    await flush();
    for (const key of ["again", "gone"]) await refuse(() => queue.deleteTag(run, key));
    queue.setTag(run, "again", "second");
    await flush();
    await retry();
    expect([server().tags.get("again"), server().tags.has("gone")]).toEqual(["second", false]);
  });

  test("of an older status leaves the end of the run, and sets the name that came with it", async () => {
    const { queue, run, server, flush, refuse, retry } = refusing(having('"RUNNING"'));
    await refuse(() => queue.updateRun(run, { status: "RUNNING", name: "renamed" }));
    queue.updateRun(run, { status: "FINISHED", endTime: 7 });
    await flush();
    const ended = server();
    await retry();
    expect([ended.status, ended.endTime, ended.name]).toEqual(["FINISHED", 7, "renamed"]);
  });

  test("of the end of a run that was taken up again leaves it running", async () => {
    const { queue, run, server, flush, refuse, retry } = refusing(having('"FINISHED"'));
    await refuse(() => queue.updateRun(run, { status: "FINISHED", endTime: 7 }));
    queue.updateRun(run, { status: "RUNNING" });
    await flush();
    await retry();
    expect(server().status).toBe("RUNNING");
  });

  test("of two values of a tag, both refused, leaves the later one", async () => {
    const { queue, run, server, refuse, retry } = refusing(having('"stage"'));
    for (const value of ["older", "newer"]) await refuse(() => queue.setTag(run, "stage", value));
    await retry();
    expect(server().tags.get("stage")).toBe("newer");
  });

  test("of the older of two values, both refused, sets it until the later one comes back, and not over that", async () => {
    const { queue, run, server, refuse, retry } = refusing(having('"stage"'));
    for (const value of ["oldest", "older", "newer"]) await refuse(() => queue.setTag(run, "stage", value));
    const quarantine = await queue.quarantine();
    const ids = (await Array.fromAsync(quarantine.list())).map(({ id }) => id);
    await retry(ids[1]);
    expect(server().tags.get("stage")).toBe("older");
    await retry(ids[2]);
    expect(server().tags.get("stage")).toBe("newer");
    await retry(ids[0]);
    expect(server().tags.get("stage")).toBe("newer");
  });

  test("of an older value sets it once the later one, which was refused as well, is discarded", async () => {
    const { queue, run, server, refuse, retry } = refusing(having('"stage"'));
    for (const value of ["older", "newer"]) await refuse(() => queue.setTag(run, "stage", value));
    const quarantine = await queue.quarantine();
    const [, newer] = await Array.fromAsync(quarantine.list());
    expect(await quarantine.discard(newer!.id)).toBe(1);
    await retry(undefined, 1);
    expect(server().tags.get("stage")).toBe("older");
  });

  test("of an older value leaves the later one that was refused and then logged again", async () => {
    const { queue, run, server, flush, refuse, retry, oracle } = refusing(having('"stage"'));
    for (const value of ["older", "newer"]) await refuse(() => queue.setTag(run, "stage", value));
    const { fault } = oracle;
    oracle.fault = () => undefined;
    queue.setTag(run, "stage", "newer");
    await flush();
    oracle.fault = fault;
    const quarantine = await queue.quarantine();
    const [, newer] = await Array.fromAsync(quarantine.list());
    expect(await quarantine.discard(newer!.id)).toBe(1);
    await retry(undefined, 1);
    expect(server().tags.get("stage")).toBe("newer");
  });

  test("by another process leaves what was written last by any of them", async () => {
    const world = new World({ locks: "file" });
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    let refuses = true;
    world.oracle.fault = (call) => (refuses && having('"older"')(call) ? refusal : undefined);
    a.queue.setTag(run, "stage", "older");
    await world.until(a.queue.flush());
    a.die();
    await world.pass(200_000);
    b.queue.setTag(run, "stage", "newer");
    await world.until(b.queue.flush());
    await world.until(b.queue.close());
    refuses = false;
    const c = world.start();
    const quarantine = await world.until(c.queue.quarantine());
    expect(await world.until(quarantine.retry(undefined))).toBe(1);
    expect(await world.until(c.queue.flush())).toMatchObject({ pending: nothing, others: nothing });
    expect(world.oracle.named("a").tags.get("stage")).toBe("newer");
  });

  test("leaves what was written last also where a leader died that was sending the older value once more", async () => {
    const world = new World({ locks: "file" });
    const [a, b] = [world.start(), world.start()];
    const run = a.start("a");
    let answer: OracleFault = refusal;
    world.oracle.fault = (call) => (having('"older"')(call) ? answer : undefined);
    a.queue.setTag(run, "stage", "older");
    await world.until(a.queue.flush());
    answer = { delay: 40_000 };
    await world.until((await world.until(a.queue.quarantine())).retry(undefined));
    await world.pass(1_000);
    // As chunks of their own.
    for (const key of ["other", "stage"]) {
      b.queue.setTag(run, key, "newer");
      await world.until(b.queue.flush({ until: "durable" }));
    }
    a.die();
    expect(await world.until(b.queue.flush())).toMatchObject({ pending: nothing });
    const tag = (): string | undefined => world.oracle.named("a").tags.get("stage");
    expect(tag()).toBe("newer");
    await world.pass(45_000);
    expect(tag()).toBe("older");
    await world.pass(600_000);
    expect(tag()).toBe("newer");
  });

  test("delivers what was set aside of a run that others have ended since, in a queue that knows the last of them", async () => {
    const store = new MemoryStore(1);
    const storage = { name: "memory", durable: false, open: async () => store };
    const { queue, oracle, runtime, run, server, start, flush, refuse } = refusing(having('"odd"'), { storage });
    await refuse(() => {
      queue.logParam(run, "odd", "1");
      queue.updateRun(run, { status: "FINISHED" });
    });
    for (let n = 0; n < 3; n++) queue.updateRun(start(`r${n}`), { status: "FINISHED" });
    await flush();
    await runtime.clock.until(queue.close());
    oracle.fault = () => undefined;
    const later = harness({ storage, oracle, runtime });
    expect(await (await later.queue.quarantine()).retry(undefined)).toBe(1);
    expect(await runtime.clock.until(later.queue.flush())).toMatchObject({ pending: nothing, parked: nothing });
    expect([later.problems, server().params.get("odd")]).toEqual([[], "1"]);
  });
});

describe("A problem of what was set aside", () => {
  /** What is told of, by key. */
  const told = ({ problems }: { readonly problems: readonly Problem[] }): unknown[] =>
    problems.map(({ kind, key }) => `${kind} ${key}`);

  test.each(["retry", "discard"] as const)("is over when another process took it out by %s()", async (act) => {
    const storage = { ...memoryQueue(), durable: true };
    const it = refusing(having("odd"), { storage });
    const { queue, run, runtime, flush } = it;
    await it.refuse(() => {
      for (const key of ["odd", "odder"]) queue.setTag(run, key, "1");
    }, 2);
    expect(told(queue.status())).toEqual(["quarantined odd", "quarantined odder"]);
    const other = harness({ storage, oracle: it.oracle, runtime: manualRuntime({ clock: runtime.clock, seed: 2 }) });
    await other.queue.recover();
    it.mend();
    const quarantine = await other.queue.quarantine();
    const [first] = await Array.fromAsync(quarantine.list());
    await quarantine[act](first!.id);
    await runtime.clock.advance(60_000);
    await flush();
    expect(told(queue.status())).toEqual(["quarantined odder"]);
    await quarantine[act](undefined);
    await runtime.clock.advance(60_000);
    const report = await flush();
    expect([report.quarantined, report.pending, told(report)]).toEqual([nothing, nothing, []]);
  });

  test("stands while another thing of that name is set aside, and for the others that are", async () => {
    const it = refusing(having("odd"));
    const { queue, run } = it;
    for (const value of ["1", "2"]) await it.refuse(() => queue.setTag(run, "odd", value));
    await it.refuse(() => queue.setTag(run, "odder", "1"));
    const quarantine = await queue.quarantine();
    for (const left of [["odd", "odder"], ["odder"], []]) {
      const [first] = await Array.fromAsync(quarantine.list());
      await quarantine.discard(first!.id);
      await it.flush();
      expect(told(queue.status())).toEqual(left.map((key) => `quarantined ${key}`));
    }
    expect(it.problems).toHaveLength(2);
  });

  test("is over for who logged it also where the leader told of it, and put it back", async () => {
    const world = new World();
    const [a, b] = [world.start(), world.start()];
    a.start("a");
    await world.until(a.queue.flush());
    const run = b.start("b");
    let refuses = true;
    world.oracle.fault = (call) => (refuses && having("odd")(call) ? refusal : undefined);
    b.queue.setTag(run, "odd", "1");
    await world.until(b.queue.flush());
    await world.pass(20_000);
    expect([a, b].map(({ queue }) => told(queue.status()))).toEqual([["quarantined odd"], ["quarantined odd"]]);
    refuses = false;
    await (await a.queue.quarantine()).retry(undefined);
    await world.pass(30_000);
    expect([a, b].map(({ queue }) => told(queue.status()))).toEqual([[], []]);
  });
});
