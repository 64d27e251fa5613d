import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { type Harness, harness } from "./harness.ts";

const PARENT = "mlflow.parentRunId";
const ROOT = "mlflow.rootRunId";
const ORPHAN = "mlflow.tracklet.orphan";

/** A queue of its own on the same server, as of another process. */
const beside = (it: Harness, seed: number): Harness =>
  harness({ oracle: it.oracle, runtime: manualRuntime({ clock: it.runtime.clock, seed }) });

const family = (it: Harness): unknown[] =>
  ["child", "grandchild"].map((name) => {
    const { tags } = it.oracle.named(name);
    const named = (id: string | undefined): string | undefined =>
      id === undefined ? undefined : it.oracle.runs.get(id)?.name;
    return [named(tags.get(PARENT)), named(tags.get(ROOT)), tags.has(ORPHAN)];
  });

const related = [
  ["parent", "parent", false],
  ["child", "parent", false],
];

describe("Queue with a run whose parent is created later", () => {
  test("F48 a child is created before its parked parent, and the tags of all follow when that goes on", async () => {
    const it = harness();
    const { queue, oracle, runtime, start } = it;
    const parent = start("parent", { experiment: { id: "404" } });
    const child = start("child", { parent: { local: parent } });
    start("grandchild", { parent: { local: child } });
    const report = await runtime.clock.until(queue.flush());
    expect(report).toMatchObject({ pending: { requests: 0 }, parked: { requests: 1 } });
    expect(oracle.named("child").tags.get("mlflow.tracklet.parentRunId")).toBe(parent);
    expect(family(it)).toEqual([
      [undefined, undefined, true],
      ["child", "child", false],
    ]);
    oracle.experiments.set("404", { id: "404", name: "restored", deleted: false });
    queue.resume();
    expect((await runtime.clock.until(queue.flush())).parked.requests).toBe(0);
    expect(family(it)).toEqual(related);
  });

  test("F48 also after a restart, and a later grandchild has the right root", async () => {
    const storage = memoryQueue();
    const before = harness({ storage });
    const parent = before.start("parent", { experiment: { id: "404" } });
    const child = before.start("child", { parent: { local: parent } });
    await before.runtime.clock.until(before.queue.flush());
    await before.runtime.clock.until(before.queue.close());
    before.oracle.experiments.set("404", { id: "404", name: "restored", deleted: false });
    const { clock } = before.runtime;
    const it = harness({ storage, oracle: before.oracle, runtime: manualRuntime({ clock, seed: 2 }) });
    await it.queue.recover();
    await clock.until(it.queue.flush());
    it.start("grandchild", { parent: { local: child } });
    await clock.until(it.queue.flush());
    expect(family(it)).toEqual(related);
  });

  test.each([
    ["for long", 0],
    ["by a process that is gone", 1],
  ])("F48 the parent waited %s in another queue", async (_why, restarts) => {
    const storage = memoryQueue();
    const here = harness();
    const { clock } = here.runtime;
    const options = { storage, oracle: here.oracle, runtime: manualRuntime({ clock, seed: 2 }) };
    let there = harness(options);
    there.queue.pause();
    const parent = there.start("parent");
    const child = here.start("child", { parent: { local: parent } });
    here.start("grandchild", { parent: { local: child } });
    here.queue.updateRun(child, { status: "FINISHED" });
    await clock.until(here.queue.flush());
    expect(family(here)[0]).toEqual([undefined, undefined, true]);
    if (restarts > 0) {
      await clock.until(there.queue.close());
      there = harness({ ...options, runtime: manualRuntime({ clock, seed: 3 }) });
      await there.queue.recover();
    } else await clock.advance(120_000);
    there.queue.resume();
    await clock.until(there.queue.flush());
    expect(family(here)).toEqual(related);
  });

  test("F48 a parent of another queue that is on the server is found", async () => {
    const it = harness();
    const { clock } = it.runtime;
    const other = beside(it, 2);
    const parent = other.start("parent");
    await clock.until(other.queue.flush());
    const child = it.start("child", { parent: { local: parent } });
    it.start("grandchild", { parent: { local: child } });
    await clock.until(it.queue.flush());
    expect(family(it)).toEqual(related);
  });

  const answers = [
    { status: 404, text: "<h1>404 Not Found</h1>" },
    { status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST" },
  ];
  test.each(answers)("F48 a parent is found although a proxy, or a replica, first answers %j", async (answer) => {
    const it = harness();
    const { clock } = it.runtime;
    const child = it.start("child", { parent: { local: it.start("parent") } });
    const server = await clock.until(it.queue.runId(child));
    let looks = 0;
    it.oracle.fault = ({ path }) => (path.endsWith("runs/get") && looks++ === 0 ? answer : undefined);
    it.start("grandchild", { parent: { server } });
    await clock.advance(600_000);
    expect(family(it)).toEqual(related);
    expect(it.problems.filter(({ kind }) => kind === "scope")).toEqual([]);
  });

  test("F48 a parent that came while the child was running is found at its end", async () => {
    const it = harness();
    const { clock } = it.runtime;
    const other = beside(it, 2);
    other.queue.pause();
    const parent = other.start("parent");
    const child = it.start("child", { parent: { local: parent } });
    it.start("grandchild", { parent: { local: child } });
    await clock.until(it.queue.flush());
    other.queue.resume();
    await clock.until(other.queue.flush());
    it.queue.updateRun(child, { status: "FINISHED" });
    await clock.until(it.queue.flush());
    expect(family(it)).toEqual(related);
  });

  test.each([{ status: 429 }, { status: 503 }, "drop-after"] as const)(
    "F48 makes no run twice when what relates runs fails with %j",
    async (fault) => {
      const it = harness();
      const { queue, oracle, runtime, start } = it;
      const parent = start("parent", { experiment: { id: "404" } });
      start("grandchild", { parent: { local: start("child", { parent: { local: parent } }) } });
      await runtime.clock.until(queue.flush());
      oracle.experiments.set("404", { id: "404", name: "restored", deleted: false });
      let failures = 0;
      oracle.fault = ({ path }) => (/set-tag|delete-tag/.test(path) && failures++ % 2 === 0 ? fault : undefined);
      queue.resume();
      await runtime.clock.until(queue.flush());
      expect(failures).toBeGreaterThan(2);
      expect(oracle.runs.size).toBe(3);
      expect(family(it)).toEqual(related);
    },
  );

  test("costs runs that are created in time no search", async () => {
    const { queue, oracle, runtime, start } = harness();
    const parent = start("parent");
    queue.updateRun(start("child", { parent: { local: parent } }), { status: "FINISHED" });
    await runtime.clock.until(queue.flush());
    expect(oracle.trace()).not.toContain("runs/search");
  });
});
