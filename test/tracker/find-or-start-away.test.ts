import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { NetworkError } from "../../src/errors/index.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { DeliveryOptions } from "../../src/queue/types.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { lightMock } from "../faults/light-mock.ts";
import { manualRuntime } from "../support/manual-runtime.ts";

/** A server that can be away, and a queue file that all trackers share. */
async function world({ durable = true } = {}) {
  const { clock } = manualRuntime();
  const mock = await lightMock(clock);
  const storage: QueueStorage = { ...memoryQueue(), durable };
  let seed = 1;
  const it = {
    away: true,
    /** Requests that look for runs until it is away. */
    lastSearches: Number.POSITIVE_INFINITY,
    clock,
    open: (delivery: DeliveryOptions = {}): Tracker =>
      createTracker({
        trackingUri: mock.trackingUri,
        fetch: async (request) => {
          if (/runs\/(search|get)/.test(request.url) && --it.lastSearches <= 0) throw new TypeError("fetch failed");
          if (it.away) throw new TypeError("fetch failed");
          return mock.fetch(request);
        },
        experiment: "field",
        runtime: manualRuntime({ clock, seed: seed++ }),
        queue: storage,
        delivery,
        onProblem: () => {},
      }),
    /** Names of the runs that the server has, with what each has of the metric `m`. */
    async runs(): Promise<[name: string, status: string, m: number | undefined][]> {
      const { experiments, runs } = createClient({ trackingUri: mock.trackingUri, fetch: mock.fetch });
      const experiment = await experiments.getByName("field");
      const all = await runs.search({ experimentIds: [experiment?.experimentId ?? "none"] }).all();
      const of = all.map(({ info, data }) => [info.runName, info.status, data.latestMetrics[0]?.value] as const);
      return of.map(([name, status, m]): [string, string, number | undefined] => [name, status, m]).sort();
    },
  };
  return it;
}

const shared = { name: "shared", ifUnreachable: "start" } as const;

describe("findOrStartRun() without a server's answer", () => {
  test.each(["durable", "memory"])(
    "gives the run that is open here, at once when it is asked again, with a %s queue",
    async (kind) => {
      const { clock, open } = await world({ durable: kind === "durable" });
      const tracker = open();
      const run = await clock.until(tracker.findOrStartRun(shared));
      const since = clock.monotonic();
      expect(await clock.until(tracker.findOrStartRun({ ...shared, params: { lr: 1 } }))).toBe(run);
      expect(clock.monotonic() - since).toBeLessThan(1_000);
      expect(await clock.until(tracker.findOrStartRun({ ...shared, name: "other" }))).not.toBe(run);
      expect((await run.receipt()).lines).toMatchObject([{ kind: "param", key: "lr", logged: 1 }]);
    },
  );

  test("starts one run when trackers that share a queue look at the same time", async () => {
    const it = await world();
    const trackers = Array.from({ length: 5 }, () => it.open());
    const found = await it.clock.until(Promise.all(trackers.map((tracker) => tracker.findOrStartRun(shared))));
    expect(new Set(found.map(({ localId }) => localId)).size).toBe(1);
    for (const run of found) run.logMetric("m", 1);
    await it.clock.until(Promise.all(trackers.map((tracker) => tracker.close())));
    it.away = false;
    await it.clock.until(it.open().flush());
    await it.clock.advance(60_000);
    expect((await it.runs()).map(([name]) => name)).toEqual(["shared"]);
  });

  test("goes on with the run of an earlier program when that has ended it, and it waits", async () => {
    const it = await world();
    for (const m of [1, 2]) {
      const tracker = it.open();
      const run = await it.clock.until(tracker.findOrStartRun(shared));
      run.logMetric("m", m);
      await it.clock.until(run.end());
      await it.clock.until(tracker.close());
    }
    it.away = false;
    const tracker = it.open();
    await it.clock.until(tracker.findOrStartRun({ name: "shared" }));
    await it.clock.until(tracker.close());
    expect(await it.runs()).toEqual([["shared", "FINISHED", 2]]);
  });

  test("gives the run that is open here when the server had made it", async () => {
    const it = await world();
    it.away = false;
    const tracker = it.open();
    const parent = tracker.startRun({ name: "sweep" });
    const [plain, child] = [tracker.startRun({ name: "shared" }), parent.startChild({ name: "fold" })];
    const old = await it.clock.until(tracker.findOrStartRun({ name: "old" }));
    await it.clock.until(old.end("FINISHED", { until: "delivered" }));
    const found = await it.clock.until(tracker.findOrStartRun({ name: "old" }));
    await it.clock.until(tracker.flush());
    it.away = true;
    expect(await it.clock.until(tracker.findOrStartRun(shared))).toBe(plain);
    expect(await it.clock.until(tracker.findOrStartRun({ ...shared, name: "old" }))).toBe(found);
    const fold = { ...shared, name: "fold" };
    expect(await it.clock.until(tracker.findOrStartRun({ ...fold, parent }))).toBe(child);
    expect(await it.clock.until(tracker.findOrStartRun({ ...fold, parent: plain }))).not.toBe(child);
    await expect(it.clock.until(tracker.findOrStartRun({ name: "shared" }))).rejects.toThrow(NetworkError);
  });

  test("starts no second run when the queue is paused and the server has none yet", async () => {
    const it = await world();
    it.away = false;
    const [a, b] = [it.open(), it.open()];
    a.queue.pause();
    b.queue.pause();
    const run = await it.clock.until(a.findOrStartRun({ name: "shared" }));
    expect(await it.clock.until(a.findOrStartRun({ name: "shared" }))).toBe(run);
    expect((await it.clock.until(b.findOrStartRun({ name: "shared" }))).localId).toBe(run.localId);
    a.queue.resume();
    await it.clock.until(a.flush());
    expect((await it.runs()).map(([name]) => name)).toEqual(["shared"]);
  });

  test("deletes the run that waits when another one replaces it, and both are there", async () => {
    const it = await world();
    const tracker = it.open();
    const old = await it.clock.until(tracker.findOrStartRun(shared));
    await it.clock.until(old.end());
    const run = await it.clock.until(tracker.findOrStartRun({ ...shared, ifExists: "replace" }));
    const next = await it.clock.until(tracker.findOrStartRun({ ...shared, ifExists: "replace" }));
    next.logMetric("m", 3);
    it.away = false;
    await it.clock.until(run.end("FAILED"));
    await it.clock.until(next.end("FINISHED", { until: "delivered" }));
    await it.clock.until(tracker.flush());
    expect(await it.runs()).toEqual([["shared", "FINISHED", 3]]);
  });

  test("names another run with the date when one of that name waits", async () => {
    const { clock, open } = await world();
    const tracker = open();
    const names: string[] = [];
    for (let n = 0; n < 3; n++) {
      const run = await clock.until(tracker.findOrStartRun({ ...shared, ifExists: "date-suffix" }));
      names.push(run.name);
    }
    expect(names[0]).toBe("shared");
    expect(names[1]).toMatch(/^shared-\d{8}-\d{6}$/);
    expect(new Set(names).size).toBe(3);
  });

  test.each(["replace", "date-suffix"] as const)(
    "starts with %s when the server goes away at the second look",
    async (ifExists) => {
      const it = await world();
      it.away = false;
      const tracker = it.open();
      const before = await it.clock.until(tracker.findOrStartRun({ name: "shared" }));
      // The latest one is found.
      await it.clock.advance(1_000);
      const half = await it.clock.until(tracker.findOrStartRun({ name: "shared", ifExists: "replace" }));
      await it.clock.until(Promise.all([before.end(), half.end("FAILED")]));
      await it.clock.until(tracker.flush());
      it.lastSearches = 2;
      const run = await it.clock.until(tracker.findOrStartRun({ ...shared, ifExists }));
      expect(run.name.startsWith(ifExists === "replace" ? "shared" : "shared-")).toBe(true);
      expect(run.localId).not.toBe(half.localId);
      it.lastSearches = Number.POSITIVE_INFINITY;
      await it.clock.until(run.end());
      await it.clock.until(tracker.flush());
      expect((await it.runs()).map(([, status]) => status)).toEqual(
        ifExists === "replace" ? ["FINISHED"] : ["FAILED", "FINISHED", "FINISHED"],
      );
    },
  );

  test("starts a run when the one that waits was given up", async () => {
    const { clock, open } = await world();
    const tracker = open();
    tracker.queue.pause();
    const old = await clock.until(tracker.findOrStartRun(shared));
    await clock.until(tracker.queue.discardRun(old.localId));
    const run = await clock.until(tracker.findOrStartRun(shared));
    expect(run.localId).not.toBe(old.localId);
    const error = await clock.until(tracker.resumeRun(old.localId)).then(() => undefined, String);
    expect(error).toContain("has not created it yet");
  });

  test("gives the run that is open here by each way in which it was asked for", async () => {
    const it = await world();
    it.away = false;
    const before = it.open();
    const parent = before.startRun({ name: "sweep" });
    await parent.startChild({ name: "fold" }).end();
    await it.clock.until(before.flush());
    const below = await parent.runId();
    await it.clock.until(before.close());
    const tracker = it.open();
    const run = await it.clock.until(tracker.findOrStartRun({ name: "fold", parent: below }));
    expect(await it.clock.until(tracker.findOrStartRun({ name: "fold" }))).toBe(run);
    await it.clock.until(tracker.flush());
    it.away = true;
    const start = { name: "fold", parent: below, ifUnreachable: "start" } as const;
    expect(await it.clock.until(tracker.findOrStartRun(start))).toBe(run);
  });
});
