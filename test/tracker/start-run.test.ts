import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { bench } from "./test-core.ts";

const now = 1_700_000_000_000;

describe("Tracker.startRun()", () => {
  test("creates a run with a name, a time, system tags and its own tags", () => {
    const { tracker, queue } = bench({ tags: { team: "red", stage: "dev" } });
    const run = tracker.startRun({
      name: "first",
      description: "why",
      tags: { stage: "prod" },
      params: { a: { b: 1 } },
    });
    expect(queue.created).toEqual([
      {
        localId: run.localId,
        experiment: { name: "Default" },
        name: "first",
        startTime: now,
        user: "someone",
        tags: {
          "mlflow.user": "someone",
          "mlflow.source.name": "train.ts",
          "mlflow.source.type": "LOCAL",
          "mlflow.tracklet.runtime": "test 1.0.0",
          "mlflow.note.content": "why",
          team: "red",
          stage: "prod",
        },
      },
    ]);
    expect(queue.of("param")).toEqual([["a.b", "1"]]);
    expect(run.name).toBe("first");
  });

  test("names a run that was given no name, and takes one from MLflow's tag", () => {
    const { tracker, queue } = bench();
    expect(tracker.startRun().name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
    expect(tracker.startRun({ tags: { "mlflow.runName": "tagged" } }).name).toBe("tagged");
    expect(queue.created[1]?.tags).not.toHaveProperty(["mlflow.runName"]);
  });

  test("gives ids that sort by time, two in one millisecond too", () => {
    const { tracker, runtime } = bench();
    const ids = Array.from({ length: 50 }, (_, n) => {
      if (n % 10 === 9) runtime.clock.jump(n === 29 ? -5000 : 3);
      return tracker.startRun().localId;
    });
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
    expect(ids.every((id) => /^[0-9a-z]{26}$/.test(id))).toBe(true);
  });

  test("S1.2 startChild() links to the parent at any depth and stays in its experiment", () => {
    const { tracker, queue } = bench();
    const parent = tracker.startRun({ experiment: "other" });
    const child = parent.startChild();
    const grandchild = child.startChild({ experiment: "third" });
    const byId = tracker.startRun({ parent: grandchild.localId });
    const server = "0123456789abcdef0123456789abcdef";
    tracker.startRun({ parent: server });
    expect(queue.created.map(({ parent: link, experiment }) => [link, experiment])).toEqual([
      [undefined, { name: "other" }],
      [{ local: parent.localId }, { name: "other" }],
      [{ local: child.localId }, { name: "third" }],
      [{ local: grandchild.localId }, { name: "third" }],
      [{ server }, { name: "Default" }],
    ]);
    expect(byId.localId).not.toBe(grandchild.localId);
  });

  test.each([
    ["a name that is no text", { name: 5 as unknown as string }, "name must be a text"],
    ["a start in words", { startTime: Number.NaN }, "startTime must be milliseconds"],
    ["options that are null", null as unknown as object, "the options must be an object: current value is null"],
    [
      "options that are a name",
      "first" as unknown as object,
      'the options must be an object: current value is "first"',
    ],
    ["a parent that is a number", { parent: 5 as unknown as string }, "the id of one: current value is 5"],
    ["params that are a number", { params: 5 as unknown as object }, "params must be an object: current value is 5"],
    [
      "tags that are a text",
      { tags: "a" as unknown as Record<string, string> },
      'tags must be an object: current value is "a"',
    ],
    ["an option that there is not", { tag: { a: "b" } } as object, "Cannot use the unknown option tag: use tags"],
    ["an empty parent", { parent: "" }, "parent must be a run or the id of one"],
    ["an empty experiment", { experiment: "" }, "1 to 500 characters"],
  ])("throws for %s, and starts nothing", (_, options, words) => {
    const { tracker, queue } = bench();
    expect(() => tracker.startRun(options)).toThrow(words);
    expect(queue.created).toEqual([]);
  });

  test("startChild() and withRun() throw for options that are no object", async () => {
    const { tracker } = bench();
    const run = tracker.startRun();
    expect(() => run.startChild("first" as unknown as object)).toThrow("the options must be an object");
    await expect(tracker.withRun(null as unknown as object, () => 1)).rejects.toThrow("the options must be an object");
  });

  test("ends a run as FAILED whose params are refused by a strict tracker", () => {
    const { tracker, queue } = bench({ strict: true });
    expect(() => tracker.startRun({ params: { "a%": 1 } })).toThrow(ValidationError);
    expect(queue.of("update")).toEqual([[{ status: "FAILED", endTime: now }]]);
  });

  test("cuts and reports the tags that a run is created with as any other", () => {
    const { tracker, queue, problems } = bench();
    tracker.startRun({ tags: { long: "x".repeat(8001), "bad%": "y" } });
    expect(queue.created[0]?.tags["long"]).toHaveLength(8000);
    expect(queue.created[0]?.tags).not.toHaveProperty(["bad%"]);
    expect(problems.map((problem) => problem.kind)).toEqual(["truncated", "invalid-value"]);
  });
});

describe("Run.end()", () => {
  test("sets status and time, and resolves when all is durable", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.end();
    expect(queue.calls.slice(1)).toEqual([
      ["update", run.localId, { status: "FINISHED", endTime: now }],
      ["flush", "durable"],
    ]);
  });

  test("twice is once, unless the status differs", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await run.end();
    await run.end();
    await run.end("FAILED", { until: "delivered" });
    expect(queue.of("update").map(([change]) => (change as { status: string }).status)).toEqual(["FINISHED", "FAILED"]);
    expect(queue.settled.at(-1)).toMatchObject({ runs: [run.localId] });
  });

  test("tells once when the status of an ended run changes, and nothing of what is logged after the end", async () => {
    const { tracker, problems } = bench();
    const run = tracker.startRun({ name: "first" });
    await run.end();
    run.logMetric("loss", 1);
    await run.end("FAILED");
    await run.end("FAILED");
    expect(problems).toEqual([
      {
        kind: "scope",
        message: 'The run "first" had ended as FINISHED and is FAILED now: end a run once',
        run: run.localId,
      },
    ]);
  });

  test("rejects a status that MLflow does not know, and leaves the run open", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await expect(run.end("DONE" as "FAILED")).rejects.toThrow('must be "FINISHED", "FAILED" or "KILLED"');
    expect(queue.of("update")).toEqual([]);
  });

  test("waits for artifacts that were logged without waiting", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    void run.logText("hello", "a.txt");
    await run.end();
    expect(queue.calls.map((call) => call[0])).toEqual(["create", "update", "artifact", "flush"]);
  });
});

describe("Tracker.withRun()", () => {
  test("S2.3 ends FINISHED, gives the result, and knows its run inside", async () => {
    const { tracker, queue } = bench();
    const result = await tracker.withRun({ name: "scoped" }, async (run) => {
      expect(tracker.activeRun()).toBe(run);
      await Promise.resolve();
      expect(tracker.activeRun()?.name).toBe("scoped");
      return 42;
    });
    expect(result).toBe(42);
    expect(tracker.activeRun()).toBeUndefined();
    expect(queue.of("update")).toEqual([[{ status: "FINISHED", endTime: now }]]);
  });

  test("S2.3 ends FAILED with the error in a tag, and rethrows it", async () => {
    const { tracker, queue } = bench();
    const error = new RangeError("loss went up");
    const body = (): never => {
      throw error;
    };
    await expect(tracker.withRun(body)).rejects.toBe(error);
    expect(queue.of("tag")).toEqual([["mlflow.tracklet.error", "RangeError: loss went up"]]);
    expect(queue.of("update")).toEqual([[{ status: "FAILED", endTime: now }]]);
  });

  test("leaves alone a run that its body has ended", async () => {
    const { tracker, queue } = bench();
    await tracker.withRun((run) => run.end("KILLED"));
    expect(queue.of("update").map(([change]) => (change as { status: string }).status)).toEqual(["KILLED"]);
  });

  test("ends KILLED when the signal of the run was aborted and the body leaves because of it", async () => {
    const { tracker, queue } = bench();
    const controller = new AbortController();
    const done = tracker.withRun({ signal: controller.signal }, async (run) => {
      controller.abort(new Error("enough"));
      run.signal.throwIfAborted();
    });
    await expect(done).rejects.toThrow("enough");
    expect(queue.of("update")).toEqual([[{ status: "KILLED", endTime: now }]]);
    expect(queue.of("tag")).toEqual([]);
  });

  test("withChild() nests scopes", async () => {
    const { tracker, queue } = bench();
    await tracker.withRun(async (run) => {
      await run.withChild({ name: "inner" }, (child) => {
        expect(tracker.activeRun()).toBe(child);
      });
      await run.withChild((child) => expect(child.name).not.toBe("inner"));
      expect(tracker.activeRun()).toBe(run);
    });
    const [outer, ...inner] = queue.created;
    expect(inner.map((run) => run.parent)).toEqual([{ local: outer?.localId }, { local: outer?.localId }]);
  });

  test("activeRun() is a body's own in parallel code, and never that of another", async () => {
    const { tracker, runtime } = bench();
    const others = await Promise.all(
      ["a", "b", "c"].map((name) =>
        tracker.withRun({ name }, async (run) => {
          const seen = [tracker.activeRun()];
          for (let turn = 0; turn < 3; turn++) {
            await Promise.resolve();
            seen.push(tracker.activeRun());
          }
          const child = await run.withChild(async (inner) => {
            await Promise.resolve();
            return tracker.activeRun() === inner || tracker.activeRun() === undefined;
          });
          const allowed = runtime.asyncContexts.exact ? [run] : [run, undefined];
          return [seen.filter((active) => !allowed.includes(active as never)), child];
        }),
      ),
    );
    expect(others).toEqual([1, 2, 3].map(() => [[], true]));
  });

  test("rejects without a body", async () => {
    const { tracker } = bench();
    await expect(tracker.withRun({}, undefined as never)).rejects.toThrow("the body of a run must be a function");
  });
});

describe("Tracker.resumeRun()", () => {
  test("S2.3 gives a run that is open in this tracker as it is, by either id and by name", async () => {
    const info = { runId: "a".repeat(32), experimentId: "1", runName: "open", lifecycleStage: "active" };
    const found = { info, data: { tags: {}, params: {}, latestMetrics: [] }, inputs: { datasets: [] } };
    const runs = {
      get: async () => found,
      search: async function* () {
        yield found;
      },
    };
    const { tracker, queue } = bench({}, { runs, experiments: { getByName: async () => info } } as never);
    const run = tracker.startRun({ name: "open" });
    queue.ids.set(run.localId, info.runId);
    for (const which of [run.localId, info.runId, { name: "open" }]) {
      expect(await tracker.resumeRun(which)).toBe(run);
    }
    expect(queue.of("update")).toEqual([]);
    expect(queue.of("adopt")).toEqual([]);
    await expect(tracker.resumeRun({ name: "open", experimnt: "x" } as never)).rejects.toThrow(
      "Cannot use the unknown option experimnt: use name, experiment, parent",
    );
  });
});
