import { describe, expect, test } from "vitest";
import { type OracleCall, type OracleRun, OracleServer } from "../support/oracle-server.ts";
import { encodeRequest } from "../../src/queue/chunk/chunk-codec.ts";
import { parseNote } from "../../src/queue/lead/note-text.ts";
import type { QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { apart, harness } from "./harness.ts";

const ofBatch = ({ path, body }: OracleCall): boolean => path.endsWith("log-batch") && "tags" in body;

/** A run that is on the server twice, as its creation came late; `first` is true once for each word. */
async function withTwin() {
  const it = harness();
  const once = new Set<string>();
  const first = (what: string): boolean => !once.has(what) && Boolean(once.add(what));
  it.oracle.fault = ({ path }) => (path.endsWith("runs/create") && first("create") ? { late: 20_000 } : undefined);
  const run = it.start("a", { tags: { stage: "first", short: "lived" } });
  await it.runtime.clock.advance(30_000);
  expect(it.oracle.runs.size).toBe(2);
  return { it, run, once, first };
}

/** A run whose tag "k" was set to "new", and was overwritten by a request that came late. */
async function withLateTag() {
  const it = harness();
  const run = it.start("a");
  await it.runtime.clock.until(it.queue.flush());
  let late = true;
  it.oracle.fault = (call) => {
    if (!ofBatch(call) || !late) return undefined;
    late = false;
    return { late: 2_000 };
  };
  it.queue.setTag(run, "k", "old");
  await it.runtime.clock.advance(1_000);
  it.queue.setTag(run, "k", "new");
  await it.runtime.clock.advance(5_000);
  expect(it.oracle.named("a").tags.get("k")).toBe("old");
  return { it, run };
}

describe("Queue in doubt", () => {
  test("makes sure of late tags at the end of a run although the server asks for credentials meanwhile", async () => {
    const { it, run } = await withLateTag();
    let refused = 0;
    it.oracle.fault = ({ path }) => (path.endsWith("runs/get") && refused++ === 0 ? { status: 401 } : undefined);
    it.queue.updateRun(run, { status: "FINISHED" });
    void it.queue.flush();
    await it.runtime.clock.advance(120_000);
    expect(it.oracle.named("a").tags.get("k")).toBe("new");
  });

  test("deletes the empty twin of a run although a tag that is in doubt is gone meanwhile", async () => {
    const { it, run, once, first } = await withTwin();
    it.oracle.fault = (call) => (ofBatch(call) && first("tag") ? { late: 2_000 } : undefined);
    it.queue.setTag(run, "k", "old");
    await it.runtime.clock.advance(1_100);
    it.queue.deleteTag(run, "k");
    await it.runtime.clock.advance(10_000);
    it.oracle.fault = ({ path }) => {
      const gone = { status: 404, errorCode: "RESOURCE_DOES_NOT_EXIST", act: true };
      return path.endsWith("delete-tag") && first("delete") ? gone : undefined;
    };
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.until(it.queue.flush());
    expect(once).toEqual(new Set(["create", "tag", "delete"]));
    const [one, two] = [...it.oracle.runs.values()];
    expect([one?.deleted, two?.deleted].sort()).toEqual([false, true]);
    expect(it.problems.filter(({ kind }) => kind === "server-refused")).toEqual([]);
  });

  test("deletes the empty twin of a run that came after the look for it was answered, and before that answer came", async () => {
    const it = harness();
    const asked: string[] = [];
    it.oracle.fault = ({ path }) => {
      const creations = asked.filter((name) => name === "create").length;
      if (path.endsWith("runs/create")) return asked.push("create") === 1 ? { late: 60_000 } : undefined;
      if (creations < 2 || !path.endsWith("runs/search")) return undefined;
      return asked.push("look") === 4 ? { delayAnswer: 119_000 } : undefined;
    };
    it.start("a");
    await it.runtime.clock.advance(50_000);
    expect(asked).toEqual(["create", "create", "look", "look"]);
    await it.runtime.clock.advance(600_000);
    expect([...it.oracle.runs.values()].map(({ deleted }) => deleted).sort()).toEqual([false, true]);
  });

  test("deletes the empty twin of a run while every other write is answered 503 for ever", async () => {
    const { it } = await withTwin();
    const other = it.start("b");
    const otherId = await it.runtime.clock.until(it.queue.runId(other));
    it.oracle.fault = ({ body }) => {
      if (body.run_id !== otherId) return undefined;
      // Wakes the loop while the request is on its way.
      void it.queue.flush({ until: "durable" });
      return { status: 503 };
    };
    it.queue.setTag(other, "k", "v");
    await it.runtime.clock.advance(3_600_000);
    const ofA = [...it.oracle.runs.values()].filter(({ name }) => name === "a");
    expect(ofA.map(({ deleted }) => deleted).sort()).toEqual([false, true]);
    expect(it.queue.status()).toMatchObject({ host: "retrying", waiting: { requests: 1 } });
  });

  test("makes sure of a late deletion of a tag once the run, which was deleted meanwhile, is restored", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let late = true;
    it.oracle.fault = ({ path }) => {
      if (!late || !path.endsWith("delete-tag")) return undefined;
      late = false;
      return { late: 6_000 };
    };
    it.queue.setTag(run, "k", "first");
    it.queue.deleteTag(run, "k");
    it.queue.setTag(run, "k", "last");
    await it.runtime.clock.advance(5_000);
    expect(it.oracle.named("a").tags.get("k")).toBe("last");
    await it.runtime.clock.advance(5_000);
    expect(it.oracle.named("a").tags.get("k")).toBeUndefined();
    it.oracle.named("a").deleted = true;
    it.queue.logMetric(run, "loss", 1, 1, 1);
    await it.runtime.clock.advance(600_000);
    it.oracle.named("a").deleted = false;
    it.queue.resume();
    await it.runtime.clock.advance(1_200_000);
    expect(it.oracle.named("a").tags.get("k")).toBe("last");
  });

  test("sets a tag right that an older request overwrote once its run, which was deleted meanwhile, is restored", async () => {
    const { it, run } = await withLateTag();
    it.oracle.named("a").deleted = true;
    await it.runtime.clock.advance(7_200_000);
    expect(it.problems.map(({ kind, run: of }) => [kind, of])).toEqual([
      ["server-unreachable", undefined],
      ["server-refused", run],
    ]);
    expect(it.problems.at(-1)?.message).toMatch(
      /^Cannot make sure of the last state of run \w+ as it is deleted: an older request came late and overwrote tag "k"\. Restore it with createClient\(tracker\)\.runs\.restore\("\w+"\), and it is written again$/,
    );
    const looks = it.oracle.calls.filter(({ path }) => path.endsWith("runs/get")).length;
    expect(looks).toBeLessThan(20);
    it.oracle.named("a").deleted = false;
    await it.runtime.clock.advance(1_200_000);
    expect([it.oracle.named("a").tags.get("k"), it.queue.status().problems]).toEqual(["new", []]);
    expect(parseNote(await (await it.storage.open()).note()).doubts).toEqual([]);
  });

  test("has no doubt left of a deleted run that is as it was left", async () => {
    const { it, run } = await withLateTag();
    it.queue.setTag(run, "k", "newest");
    await it.runtime.clock.advance(5_000);
    it.oracle.named("a").deleted = true;
    await it.runtime.clock.advance(120_000);
    expect(parseNote(await (await it.storage.open()).note()).doubts).toEqual([]);
    expect(it.problems.map(({ kind }) => kind)).toEqual(["server-unreachable"]);
  });

  test("deletes the empty twin of a run that waits for a person soon after the server was away for it", async () => {
    const { it, run, once, first } = await withTwin();
    it.oracle.runs.get(it.queue.knownRunId(run)!)!.deleted = true;
    it.oracle.fault = ({ path }) => (path.endsWith("set-tag") && first("twin") ? "drop-before" : undefined);
    it.queue.setTag(run, "k", "v");
    await it.runtime.clock.advance(300_000);
    expect(once).toEqual(new Set(["create", "twin"]));
    expect(it.problems.map(({ kind }) => kind)).toContain("run-parked");
    expect([...it.oracle.runs.values()].map(({ deleted }) => deleted)).toEqual([true, true]);
  });

  const data: [string, (twin: OracleRun, oracle: OracleServer) => void][] = [
    ["a file", (twin) => twin.artifacts.set("model.bin", new Uint8Array(3))],
    ["a dataset", (twin) => twin.inputs.add("digits d1")],
    ["a tag that nobody gave the run", (twin) => twin.tags.set("verdict", "keep this one")],
    ["another value of a tag", (twin) => twin.tags.set("stage", "by hand")],
    ["a description", (twin) => twin.tags.set("mlflow.note.content", "mine")],
  ];
  test.each(data)("tags the twin of a run that holds %s, tells it, and deletes nothing", async (_, put) => {
    const { it, run } = await withTwin();
    const runId = it.queue.knownRunId(run);
    const twin = [...it.oracle.runs.values()].find(({ id }) => id !== runId)!;
    put(twin, it.oracle);
    it.queue.updateRun(run, { status: "FINISHED" });
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(300_000);
    expect(twin.deleted).toBe(false);
    expect(twin.tags.get("mlflow.tracklet.duplicateOf")).toBe(runId);
    const told = it.problems.filter(({ kind }) => kind === "server-refused").map(({ message }) => message);
    expect(told).toEqual([expect.stringContaining(`Run ${twin.id} is a second one`)]);
  });

  test("deletes the empty twin of a run whose tags and name were changed since", async () => {
    const { it, run } = await withTwin();
    const runId = it.queue.knownRunId(run);
    const twin = [...it.oracle.runs.values()].find(({ id }) => id !== runId)!;
    it.queue.setTag(run, "stage", "later");
    it.queue.deleteTag(run, "short");
    it.queue.updateRun(run, { status: "FINISHED", name: "b" });
    await it.runtime.clock.until(it.queue.flush());
    await it.runtime.clock.advance(300_000);
    expect(twin).toMatchObject({ deleted: true });
    expect(it.problems.filter(({ kind }) => kind === "server-refused")).toEqual([]);
  });

  test.each([500, 401, 404])(
    "leaves the twin of a run whose files cannot be listed (%i), looks again, and holds up nothing else",
    async (status) => {
      const { it, run } = await withTwin();
      const runId = it.queue.knownRunId(run);
      const twin = [...it.oracle.runs.values()].find(({ id }) => id !== runId)!;
      it.oracle.fault = ({ path }) => (path.endsWith("artifacts/list") ? { status } : undefined);
      it.queue.updateRun(run, { status: "FINISHED" });
      await it.runtime.clock.until(it.queue.flush());
      await it.runtime.clock.advance(60_000);
      expect(it.queue.status().host).toBe("ok");
      expect([twin.deleted, twin.tags.has("mlflow.tracklet.duplicateOf")]).toEqual([false, false]);
      // It may be for good: then nobody knows that it is empty.
      await it.runtime.clock.advance(1_200_000);
      expect([twin.deleted, twin.tags.has("mlflow.tracklet.duplicateOf")]).toEqual([false, true]);
    },
  );

  test("sends nothing that another leader has delivered while the run was looked at", async () => {
    const first = harness({ delivery: { mode: "manual" } });
    const run = first.start("a");
    await first.runtime.clock.until(first.queue.flush());
    first.queue.setTag(run, "k", "old");
    await first.runtime.clock.until(first.queue.close());
    const oracle = new OracleServer(first.runtime.clock);
    Object.assign(oracle, { runs: first.oracle.runs, experiments: first.oracle.experiments });
    const more = { storage: first.storage, oracle, runtime: first.runtime };
    let held = true;
    oracle.fault = ({ path }) => {
      if (!path.endsWith("runs/get") || !held) return undefined;
      held = false;
      return { delay: 10_000 };
    };
    const slow = harness(more);
    void slow.queue.flush();
    slow.queue.setTag("other", "x", "1");
    await first.runtime.clock.advance(2_000);
    const quick = harness({ ...more, storage: apart(first.storage) });
    quick.queue.setTag(run, "k", "new");
    await first.runtime.clock.advance(5_000);
    expect(oracle.named("a").tags.get("k")).toBe("new");
    await first.runtime.clock.advance(20_000);
    expect(oracle.calls.filter(ofBatch).map(({ body }) => JSON.stringify(body["tags"]))).toEqual([
      '[{"key":"k","value":"old"}]',
      '[{"key":"k","value":"new"}]',
    ]);
    expect(oracle.named("a").tags.get("k")).toBe("new");
  });
});

describe("Queue that asks with a tag whether the server takes writes", () => {
  test.each([
    ["the tag comes late", "set-tag", { late: 20_000 }],
    ["its deletion is lost", "delete-tag", "drop-before"],
    ["its deletion is refused", "delete-tag", { status: 500 }],
  ] as const)("leaves no such tag when %s", async (_, path, fault) => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let failed = 0;
    it.oracle.fault = (call) => {
      const ofProbe = String(call.body["key"]).endsWith("probe") && call.path.endsWith(path);
      if (ofProbe && failed++ === 0) return fault;
      return failed === 0 && call.path.endsWith("log-batch") ? { status: 500 } : undefined;
    };
    it.queue.logParam(run, "p", "1");
    it.queue.logParam(run, "q", "2");
    await it.runtime.clock.advance(3_600_000);
    expect(failed).toBeGreaterThan(0);
    expect([...it.oracle.named("a").tags.keys()]).toEqual(["mlflow.tracklet.runId"]);
    expect(it.oracle.named("a").params.size).toBe(2);
    expect(parseNote(await (await it.storage.open()).note()).doubts).toEqual([]);
  });
});

describe("Queue against a server that is restored or busy", () => {
  test("forgets the doubt about a run that nobody knows, in the storage as well", async () => {
    const storage = memoryQueue();
    const store = await storage.open();
    const term = await store.beginTerm();
    await store.leaveNote(term, JSON.stringify({ version: 1, doubts: [["long-gone", false, ["k"]]], sent: [] }));
    await store.endTerm(term);
    const it = harness({ storage });
    await it.queue.recover();
    await it.runtime.clock.advance(120_000);
    expect(parseNote(await store.note()).doubts).toEqual([]);
    await it.runtime.clock.until(it.queue.close());
  });

  test("doubts what another leader may have sent while the storage was opened", async () => {
    const storage = memoryQueue();
    const first = harness({ storage });
    const run = first.start("a");
    await first.runtime.clock.until(first.queue.close());
    const store = await storage.open();
    let comes = true;
    /** Another process puts a tag and leads for a moment. */
    const between = async <T>(read: Promise<T>): Promise<T> => {
      const value = await read;
      if (!comes) return value;
      comes = false;
      const body = encodeRequest([["k", "1", 1]]);
      await store.append("other", [{ sequence: 1, run, kind: "tags", count: 1, sealed: true, at: 1, body }]);
      await store.endTerm(await store.beginTerm());
      return value;
    };
    const opened = Object.assign(Object.create(store) as QueueStore, {
      status: () => between(store.status()),
      lease: () => between(store.lease()),
    });
    const bound = new Proxy(opened, {
      get: (_, name: keyof QueueStore) => {
        const own = name === "status" || name === "lease" ? opened[name] : store[name];
        return typeof own === "function" ? own.bind(store) : own;
      },
    });
    const { clock } = first.runtime;
    const it = harness({
      storage: { ...storage, open: async () => bound },
      oracle: first.oracle,
      runtime: manualRuntime({ clock, seed: 2 }),
    });
    await it.queue.recover();
    await clock.advance(1_000);
    expect(it.oracle.named("a").tags.get("k")).toBe("1");
    expect(parseNote(await store.note()).doubts).toMatchObject([[run, false, ["k"]]]);
    await clock.until(it.queue.close());
  });

  test("creates a run in an experiment that a restored server has under another id", async () => {
    const it = harness();
    it.start("other", { experiment: { name: "gone" } });
    it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    it.oracle.experiments.clear();
    it.oracle.runs.clear();
    it.start("b");
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: { requests: 0 }, pending: { requests: 0 } });
    expect(it.oracle.experiments.get(it.oracle.named("b").experimentId)?.name).toBe("Default");
  });

  test("parks no run for failures of the search that comes before its creation", async () => {
    const it = harness();
    const other = it.start("other");
    await it.runtime.clock.until(it.queue.flush());
    let failed = 0;
    it.oracle.fault = ({ path }) => {
      if (path.endsWith("runs/create")) return failed === 0 ? "drop-after" : undefined;
      return path.endsWith("runs/search") && failed++ < 15 ? { status: 500 } : undefined;
    };
    it.start("a");
    for (let round = 0; round < 60; round++) {
      it.queue.setTag(other, "round", String(round));
      await it.runtime.clock.advance(60_000);
    }
    const report = await it.runtime.clock.until(it.queue.flush());
    expect(report).toMatchObject({ parked: { requests: 0 }, pending: { requests: 0 } });
    expect(it.oracle.named("a").status).toBe("RUNNING");
  });

  test("adopts of two runs the one that a person has deleted, although a replica shows only the other yet", async () => {
    const runtime = manualRuntime();
    const oracle = new OracleServer(runtime.clock);
    let creates = 0;
    const behind = async (request: Request): Promise<Response> => {
      if (!request.url.endsWith("runs/search") || runtime.clock.monotonic() > 9_000) return oracle.fetch(request);
      const all = [...oracle.runs];
      // The first is shown from when there are two.
      for (const [id] of all.slice(all.length > 1 ? 1 : 0)) oracle.runs.delete(id);
      const response = await oracle.fetch(request);
      for (const [id, run] of all) oracle.runs.set(id, run);
      return response;
    };
    oracle.fault = ({ path }) => {
      if (!path.endsWith("runs/create")) return undefined;
      return ++creates === 1 ? { late: 3_000 } : "drop-after";
    };
    const it = harness({ runtime, oracle, fetch: behind });
    it.start("a");
    const second = async (): Promise<void> => {
      while (oracle.runs.size < 2) await runtime.clock.advance(100);
    };
    await second();
    const [, deleted] = [...oracle.runs.values()];
    deleted!.deleted = true;
    const report = await runtime.clock.until(it.queue.flush());
    it.queue.setTag("local-a", "k", "v");
    await runtime.clock.advance(120_000);
    expect(creates).toBe(2);
    expect(report.pending).toEqual({ points: 0, requests: 0 });
    expect(it.problems.some(({ kind }) => kind === "run-parked")).toBe(true);
    expect([...oracle.runs.values()].map(({ deleted: gone }) => gone)).toEqual([true, true]);
  });
});
