import { ManualClock } from "../support/manual-clock.ts";
import { describe, expect, test } from "vitest";
import { encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import { Ledger } from "../../src/queue/account/ledger.ts";
import { Scheduler } from "../../src/queue/send/scheduler.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import { harness } from "./harness.ts";

describe("Queue with many runs that are over", () => {
  test("knows the last of them, with their receipts, and forgets the others", async () => {
    const { queue, oracle, runtime, start } = harness({ keptRuns: 10 });
    const open = start("open");
    queue.logMetric(open, "m", 1, 1, 1);
    for (let n = 0; n < 50; n++) {
      const run = start(`r${n}`);
      queue.logMetric(run, "m", n, 1, 1);
      queue.updateRun(run, { status: "FINISHED" });
      await runtime.clock.until(queue.flush());
    }
    const known = Array.from({ length: 50 }, (_, n) => queue.knownRunId(`local-r${n}`));
    expect(known.slice(0, 40)).toEqual(Array(40).fill(undefined));
    expect(known.slice(40)).toEqual(Array.from({ length: 10 }, (_, n) => oracle.named(`r${n + 40}`).id));
    expect(queue.localIdOf(oracle.named("r0").id)).toBe(undefined);
    expect(queue.localIdOf(oracle.named("r49").id)).toBe("local-r49");
    // The storage knows them for longer.
    expect((await queue.receipt("local-r0")).lines).toMatchObject([{ key: "m", logged: 1, acknowledged: 1 }]);
    expect((await queue.receipt("local-r45")).lines).toMatchObject([{ key: "m", logged: 1, acknowledged: 1 }]);
    // One that is not over is known however long it says nothing, and one that is forgotten can be logged to still.
    queue.logMetric(open, "m", 2, 2, 2);
    queue.logMetric("local-r0", "m", 2, 2, 2);
    expect((await runtime.clock.until(queue.flush())).pending).toEqual({ points: 0, requests: 0 });
    expect((await queue.receipt(open)).lines).toMatchObject([{ logged: 2, acknowledged: 2 }]);
    expect(oracle.named("r0").points.size).toBe(2);
  });
});

describe("Ledger", () => {
  test("keeps a run that is over and still waits, and one that is taken up again", () => {
    const forgotten: string[] = [];
    const ledger = new Ledger((run) => forgotten.push(run), 3);
    const end = (run: string): void => {
      ledger.run(run).ended = true;
      ledger.request(run);
      ledger.settle({ run, kind: "update", count: 1 }, "acknowledged");
    };
    for (const run of ["waits", "again", "a"]) end(run);
    ledger.request("waits");
    ledger.run("again").ended = false;
    for (const run of ["b", "c", "d", "e"]) end(run);
    expect(forgotten).toEqual(["a", "b"]);
    ledger.settle({ run: "waits", kind: "tags", count: 1 }, "acknowledged");
    expect(ledger.find("waits")).toBeDefined();
    expect(ledger.find("again")).toBeDefined();
  });

  test("forgets runs of other processes as well, whose ends nobody here hears of", () => {
    const forgotten: string[] = [];
    const ledger = new Ledger((run) => forgotten.push(run), 2);
    ledger.onSettle = () => "foreign";
    for (const run of ["a", "b", "c"]) ledger.settle({ run, kind: "tags", count: 1 }, "acknowledged");
    expect(forgotten).toEqual(["a"]);
  });
});

describe("Scheduler", () => {
  test("remembers about a thousand runs that have nothing to do, and any that is in doubt", () => {
    const view = new Scheduler(new ManualClock());
    const header = {
      writer: "w",
      span: 1,
      bytes: 1,
      attempted: 0,
      bucket: 0,
      kind: "tags",
      count: 1,
      sealed: true,
      at: 1,
    } as const;
    for (let order = 1; order <= 5_000; order++) {
      view.add({ ...header, sequence: order, order, run: `r${order}` }, 0);
      const { run, item } = view.pick(0, 1_000)!;
      view.remove(run, item);
      view.done(run);
    }
    expect(view.remembered).toBeLessThan(1_100);
  });
});

describe("MemoryStore", () => {
  test("keeps mapping and desired state of runs that are not over or still wait, and of the last that are", async () => {
    const store = new MemoryStore(3);
    const term = await store.beginTerm();
    const body = encodeRequest({});
    let sequence = 0;
    const put = async (run: string, status: "RUNNING" | "FINISHED"): Promise<number> => {
      const draft = { kind: "update", count: 1, sealed: true, at: 1, body, sequence: ++sequence, run } as const;
      const [appended] = await store.append("w", [draft], new Map([[run, { status }]]));
      await store.map({ localId: run, runId: run, experimentId: "1" });
      return appended!.order;
    };
    await put("waits", "FINISHED");
    await store.acknowledge(await put("open", "RUNNING"), term);
    for (const run of ["a", "b", "c", "d"]) await store.acknowledge(await put(run, "FINISHED"), term);
    const kept = await Promise.all(["waits", "open", "a", "b", "c", "d"].map((run) => store.mapping(run)));
    expect(kept.map((mapping) => mapping?.runId)).toEqual(["waits", "open", undefined, "b", "c", "d"]);
    expect(await store.desired("a")).toBe(undefined);
    expect(await store.desired("d")).toMatchObject({ status: "FINISHED" });
  });

  test("keeps a run that a writer has open, although its last known state is an end", async () => {
    const store = new MemoryStore(1);
    const term = await store.beginTerm();
    const body = encodeRequest({});
    const put = async (run: string, sequence: number, opens: boolean): Promise<void> => {
      const draft = { kind: "update", count: 1, sealed: true, at: 1, body, sequence, run, opens } as const;
      const [appended] = await store.append("w", [draft], new Map([[run, { status: "FINISHED" }]]));
      await store.map({ localId: run, runId: run, experimentId: "1" });
      await store.acknowledge(appended!.order, term);
    };
    await put("open", 1, true);
    for (const [n, run] of ["a", "b", "c"].entries()) await put(run, n + 2, false);
    const kept = await Promise.all(["open", "a", "b", "c"].map((run) => store.mapping(run)));
    expect(kept.map((mapping) => mapping?.runId)).toEqual(["open", undefined, undefined, "c"]);
  });

  test.each(["discarded", "delivered"])(
    "keeps a run of which something is set aside until that is %s",
    async (fate) => {
      const store = new MemoryStore(1);
      const term = await store.beginTerm();
      const body = encodeRequest({});
      let sequence = 0;
      const put = async (run: string): Promise<number> => {
        const draft = { kind: "update", count: 1, sealed: true, at: 1, body, sequence: ++sequence, run } as const;
        const [appended] = await store.append("w", [draft], new Map([[run, { status: "FINISHED" }]]));
        await store.map({ localId: run, runId: run, experimentId: "1" });
        return appended!.order;
      };
      const kept = async (...runs: string[]): Promise<(string | undefined)[]> =>
        Promise.all(runs.map(async (run) => (await store.mapping(run))?.runId));
      await store.quarantine(await put("aside"), term, "no");
      await store.acknowledge(await put("a"), term);
      await store.acknowledge(await put("b"), term);
      expect(await kept("aside", "a", "b")).toEqual(["aside", undefined, "b"]);
      if (fate === "discarded") await store.discard(1);
      else await store.acknowledge((await store.release(1))!, term);
      expect(await kept("aside", "b")).toEqual(["aside", undefined]);
      await store.acknowledge(await put("c"), term);
      expect(await kept("aside", "c")).toEqual([undefined, "c"]);
      expect(await store.desired("aside")).toBe(undefined);
    },
  );
});
