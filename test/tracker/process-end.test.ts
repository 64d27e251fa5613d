import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/index.ts";
import type { Problem } from "../../src/queue/types.ts";
import { type Bench, bench } from "./test-core.ts";

const now = 1_700_000_000_000;

describe("a scope left without end()", () => {
  test("await using: the run is FAILED, with a warning that says so", async () => {
    const { tracker, queue, problems } = bench();
    {
      await using run = tracker.startRun({ name: "forgotten" });
      run.logMetric("loss", 1);
    }
    {
      await using run = tracker.startRun();
      await run.end();
    }
    expect(queue.of("update").map(([change]) => (change as { status: string }).status)).toEqual(["FAILED", "FINISHED"]);
    expect(problems.map((problem) => problem.kind)).toEqual(["scope"]);
    expect(problems[0]?.message).toContain("call await run.end(), or use withRun");
  });

  test("close(): open runs are FINISHED with a warning; a tracker left by await using makes them FAILED", async () => {
    const first = bench();
    first.tracker.startRun({ name: "open" });
    await first.tracker.close();
    expect(first.queue.of("update")).toEqual([[{ status: "FINISHED", endTime: now }]]);
    expect(first.problems[0]?.message).toContain('The run "open" was open when its tracker closed');
    const second = bench();
    {
      await using tracker = second.tracker;
      tracker.startRun();
    }
    expect(second.queue.of("update")).toEqual([[{ status: "FAILED", endTime: now }]]);
  });
});

describe("Run.signal", () => {
  test("aborts with the signal that the run was started with, and at its end", async () => {
    const { tracker } = bench();
    const controller = new AbortController();
    const asked = tracker.startRun({ signal: controller.signal }).signal;
    const run = tracker.startRun();
    const ended = run.signal;
    expect([asked.aborted, ended.aborted]).toEqual([false, false]);
    controller.abort();
    await run.end();
    expect([asked.aborted, ended.aborted, run.signal.aborted]).toEqual([true, true, true]);
  });

  test("reaches the children of the run that was asked to stop, and is one and the same at each look", () => {
    const { tracker } = bench();
    const controller = new AbortController();
    const child = tracker.startRun({ signal: controller.signal }).startChild();
    expect(child.signal).toBe(child.signal);
    controller.abort();
    expect(child.signal.aborted).toBe(true);
  });
});

describe("the end of a process", () => {
  test.each([
    [{ kind: "exit" } as const, "FINISHED", []],
    [{ kind: "signal", signal: "SIGINT" } as const, "KILLED", [["mlflow.tracklet.endedBy", "SIGINT"]]],
    [{ kind: "error", error: new Error("boom") } as const, "FAILED", [["mlflow.tracklet.error", "Error: boom"]]],
  ])("ends open runs and finishes the queue: %j", async (reason, status, tags) => {
    const { tracker, queue, runtime } = bench();
    tracker.startRun();
    await runtime.lifecycle.end(reason);
    expect(queue.of("update")).toEqual([[{ status, endTime: now }]]);
    expect(queue.of("tag")).toEqual(tags);
    expect(queue.calls).toContainEqual(["finish"]);
    expect(runtime.errorText).toEqual([]);
  });

  test("says on standard error what is left and where it lies", async () => {
    const { tracker, queue, runtime } = bench();
    tracker.startRun();
    queue.left = 3;
    await runtime.lifecycle.end();
    expect(runtime.errorText.join("")).toBe(
      "tracklet: 0 points and 3 requests did not reach http://mlflow.test: they were in memory and are lost: call await tracker.close() before the end, or use a durable queue\n",
    );
  });

  test.each([
    ["parked", false, "4 requests did not reach"],
    ["quarantined", false, "4 requests did not reach"],
    ["parked", true, "4 requests did not reach"],
    ["quarantined", true, undefined],
  ] as const)("tells what is %s, in a queue that is durable: %s", async (kind, durable, words) => {
    const amount = { points: 0, requests: 4 };
    const ends: ((made: Bench) => Promise<unknown>)[] = [
      ({ tracker }) => tracker.close(),
      ({ runtime }) => runtime.lifecycle.end(),
      ({ runtime }) => runtime.lifecycle.end({ kind: "exit", final: true }),
    ];
    for (const end of ends) {
      const made = bench();
      Object.assign(made.queue, { durable, [kind]: amount });
      made.tracker.startRun();
      await end(made);
      if (words === undefined) expect(made.runtime.errorText).toEqual([]);
      else expect(made.runtime.errorText.join("")).toContain(words);
    }
  });

  test.each([
    [{}, "unknown", "the server did not take them in time: give close() a longer timeout, or use a durable queue"],
    [{}, "refused", "the server refuses everything: mend what the problem told of it says, or use a durable queue"],
    [
      {},
      "paused",
      'the queue is paused: call tracker.queue.resume() before close(), or setMode("ONLINE") of a recorder before stop(), or use a durable queue',
    ],
    [{ mode: "manual" }, "unknown", "delivery is manual: call await tracker.flush() before close()"],
  ] as const)(
    "close() does not advise itself: with %j and the server %s it says what helps",
    async (delivery, host, cure) => {
      const { tracker, queue, runtime } = bench({ delivery });
      Object.assign(queue, { left: 3, host });
      await tracker.close();
      expect(runtime.errorText.join("")).toContain(`they were in memory and are lost: ${cure}`);
    },
  );

  test.each([
    ["a problem told of the first of it", [{ kind: "dropped", message: "Points are dropped" }], true],
    ["a person gave it up", [], false],
  ] as const)("says how much was dropped in all where %s", async (_, problems, isTold) => {
    const { tracker, queue, runtime } = bench();
    tracker.startRun();
    Object.assign(queue, { dropped: { points: 47_200, requests: 0 }, problems });
    await runtime.lifecycle.end();
    const told = "tracklet: 47,200 points and 0 requests were dropped in all: see receipts\n";
    expect(runtime.errorText.join("")).toBe(isTold ? told : "");
  });

  test("says why a queue is in memory that was to be durable, and advises nothing that would not help", async () => {
    const { tracker, queue, runtime } = bench();
    const cause = new StorageError(
      "Cannot open the queue file as its schema version must be at most 1; update tracklet",
    );
    const problem: Problem = {
      kind: "memory-queue",
      message: `Unsent data waits in memory only. ${cause.message}`,
      cause,
    };
    Object.assign(queue, { left: 1, parked: { points: 7, requests: 0 }, problems: [problem] });
    await tracker.close();
    expect(runtime.errorText.join("")).toBe(
      `tracklet: 7 points and 1 request did not reach http://mlflow.test: 0 points and 1 request of it were in memory and are lost: ${cause.message}; 7 points and 0 requests of it waited in memory for runs that the server refuses: mend what the problem told of it says\n`,
    );
  });

  test("tells apart what was refused, what waited for its run and what had no time", async () => {
    const { tracker, queue, runtime } = bench();
    Object.assign(queue, { quarantined: { points: 0, requests: 4 } });
    await tracker.close();
    expect(runtime.errorText.join("")).toBe(
      "tracklet: 0 points and 4 requests did not reach http://mlflow.test: they were refused by the server for good: mend what the problem told of it says, and log them again\n",
    );
    const all = bench();
    Object.assign(all.queue, {
      left: 1,
      parked: { points: 7, requests: 0 },
      quarantined: { points: 0, requests: 2 },
    });
    all.tracker.startRun();
    await all.runtime.lifecycle.end();
    expect(all.runtime.errorText.join("")).toBe(
      "tracklet: 7 points and 3 requests did not reach http://mlflow.test: 0 points and 1 request of it were in memory and are lost: call await tracker.close() before the end, or use a durable queue; 7 points and 0 requests of it waited in memory for runs that the server refuses: mend what the problem told of it says, or use a durable queue; 0 points and 2 requests of it were refused by the server for good: mend what the problem told of it says, and log them again\n",
    );
  });

  test.each([
    ["", "queue.quarantine lists, retries or discards it"],
    ["in a file", "npx tracklet status memory says why, and what helps"],
  ])(
    "says of a durable queue %s what the server refused for good of this program, not of others",
    async (file, words) => {
      for (const kind of ["quarantined", "scope"] as const) {
        const { core, tracker, queue, runtime } = bench();
        if (file) Object.assign(core.runtime, { files: { resolve: (path: string) => path } });
        const problem: Problem = { kind, message: "Set aside" };
        Object.assign(queue, { durable: true, quarantined: { points: 0, requests: 1 }, problems: [problem] });
        await tracker.close();
        const told = `tracklet: 0 points and 1 request were refused by the server for good: set aside in memory; ${words}\n`;
        expect(runtime.errorText.join("")).toBe(kind === "quarantined" ? told : "");
      }
    },
  );

  test("that waits for no promise still ends runs and says what is left", () => {
    const { tracker, queue, runtime } = bench();
    tracker.startRun();
    queue.left = 2;
    void runtime.lifecycle.end({ kind: "exit", final: true });
    expect(queue.of("update")).toHaveLength(1);
    expect(runtime.errorText.join("")).toContain("2 requests did not reach");
  });

  test("keeps what it can in the last moment, and tells what is lost of it", () => {
    const { tracker, queue, runtime } = bench();
    tracker.startRun();
    Object.assign(queue, { durable: true, left: 5, unkept: { points: 0, requests: 2 } });
    void runtime.lifecycle.end({ kind: "exit", final: true });
    expect(queue.calls.at(-1)).toEqual(["keepNow"]);
    expect(runtime.errorText).toEqual([
      "tracklet: 0 points and 5 requests did not reach http://mlflow.test: 0 points and 3 requests of it wait in memory; the next program or page with this queue sends them; 0 points and 2 requests of it were in memory and are lost: call await tracker.close() before the end\n",
    ]);
  });

  test.each([
    ["close()", ({ tracker }) => tracker.close()],
    ["a normal end", ({ runtime }) => runtime.lifecycle.end()],
    ["a signal", ({ runtime }) => runtime.lifecycle.end({ kind: "signal", signal: "SIGINT" })],
    ["an error", ({ runtime }) => runtime.lifecycle.end({ kind: "error", error: new Error("boom") })],
    ["process.exit()", ({ runtime }) => runtime.lifecycle.end({ kind: "exit", final: true })],
  ] as const satisfies [string, (made: Bench) => unknown][])(
    "says the same of what the storage did not take at %s, and why",
    async (_, end) => {
      const made = bench();
      const cause = new Error("the disk is full");
      const problems = [{ kind: "storage", message: "Cannot keep what is logged", cause }];
      const parked = { points: 7, requests: 0 };
      Object.assign(made.queue, { durable: true, left: 5, parked, unkept: { points: 0, requests: 4 }, problems });
      made.tracker.startRun();
      await end(made);
      expect(made.runtime.errorText).toEqual([
        "tracklet: 7 points and 5 requests did not reach http://mlflow.test: 0 points and 1 request of it wait in memory; the next program or page with this queue sends them; 7 points and 0 requests of it wait in memory for runs that the server refuses: mend what the problem told of it says, or give them up by queue.discardRun(); 0 points and 4 requests of it were in memory and are lost: memory did not take them (the disk is full)\n",
      ]);
    },
  );

  test("names the command that says what helps with parked data in a file", async () => {
    const made = bench();
    Object.assign(made.queue, { durable: true, parked: { points: 7, requests: 0 } });
    Object.assign(made.core.runtime, { files: { resolve: (path: string) => path } });
    made.tracker.startRun();
    await made.tracker.close();
    expect(made.runtime.errorText).toEqual([
      "tracklet: 7 points and 0 requests did not reach http://mlflow.test: they wait in memory for runs that the server refuses: npx tracklet status memory says why, and what helps\n",
    ]);
  });

  test("is listened to from the first run until close()", async () => {
    const { tracker, runtime } = bench();
    expect(runtime.lifecycle.listeners).toBe(0);
    await tracker.withRun(() => {});
    await tracker.withRun(() => {});
    expect(runtime.lifecycle.listeners).toBe(1);
    await tracker.close();
    expect(runtime.lifecycle.listeners).toBe(0);
  });
});

describe("what people look at", () => {
  test("a run and a flush report show themselves in consoles and notebooks, escaped in HTML", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun({ name: "<b>" });
    const inspect = (value: object, symbol: string): unknown =>
      (value as Record<symbol, () => unknown>)[Symbol.for(symbol)]?.();
    expect(inspect(run, "nodejs.util.inspect.custom")).toBe(
      `Run "<b>" (${run.localId}, MLflow's id not known yet) RUNNING`,
    );
    expect(inspect(run, "Deno.customInspect")).toBe(inspect(run, "nodejs.util.inspect.custom"));
    expect(run.toHTML()).toContain("Run &quot;&lt;b&gt;&quot;");
    expect(inspect(run, "Jupyter.display")).toEqual({ "text/plain": expect.any(String), "text/html": run.toHTML() });
    queue.left = 1;
    run.logMetric("bad%", 1);
    const report = await tracker.flush();
    const text = String(inspect(report, "Deno.customInspect"));
    expect([String(report), `${run}`]).toEqual([text, inspect(run, "Deno.customInspect")]);
    expect(text).toContain(
      "delivered 0 points and 0 requests; pending 0 points and 1 request; quarantined 1 point and 0 requests",
    );
    expect(text).toContain("invalid-value: Cannot log the metric");
    expect(Object.keys(report)).toEqual(expect.not.arrayContaining(["toHTML", "toString"]));
    expect(JSON.parse(JSON.stringify(report))).toEqual({ ...report });
  });
});
