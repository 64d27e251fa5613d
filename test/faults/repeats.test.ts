import { describe, expect, test } from "vitest";
import type { MlflowRelease } from "../../mocks/act-as.ts";
import type { Run } from "../../src/tracker/types/run.ts";
import { mockBench } from "./mock-bench.ts";
import { expectAllDelivered, nothing } from "./workload.ts";

const releases: readonly MlflowRelease[] = ["2.22", "3.6", "3.17"];

/** Loses so many acknowledgements of batches: the server acted, and nobody heard of it. */
const lost = (times: number) => ({ on: "runs/log-batch", drop: "after", times }) as const;

describe.each(releases)("MLflow %s, which gets a batch twice", (actAs) => {
  test("F10 delivers points with NaN once when the first acknowledgement of each batch is lost", async () => {
    const seen = new Set<string>();
    const { mock, tracker, flush, reader, problems, statuses } = await mockBench({
      actAs,
      async between(request, body) {
        if (!request.url.endsWith("log-batch") || seen.has(body)) return undefined;
        seen.add(body);
        await mock.fetch(request);
        throw new TypeError("fetch failed");
      },
    });
    const run = tracker.startRun();
    for (let step = 0; step < 20; step++) {
      run.logMetric("loss", step > 12 ? Number.NaN : step);
      run.logMetric("norm", step % 3 === 0 ? Number.NaN : step);
    }
    void run.end();
    expectAllDelivered(await flush());
    const runId = await run.runId();
    for (const key of ["loss", "norm"]) {
      const rows = await reader.points(runId, key);
      expect(rows).toHaveLength(20);
      expect(new Set(rows).size).toBe(20);
    }
    expect((await reader.points(runId, "loss")).filter((row) => row.endsWith("NaN"))).toHaveLength(7);
    expect(problems.filter(({ kind }) => kind === "quarantined")).toEqual([]);
    // Old servers do refuse it, and are asked what they have.
    expect(statuses("log-batch").includes(400)).toBe(actAs !== "3.17");
  });

  test("F10 delivers NaN that somebody else has logged in part", async () => {
    const { tracker, flush, reader } = await mockBench({ actAs });
    const run = tracker.startRun();
    await flush();
    const runId = await run.runId();
    const theirs = [0, 2].map((step) => ({ key: "loss", value: "NaN", timestamp: 1_000, step }));
    await reader.call("runs/log-batch", { run_id: runId, metrics: theirs });
    for (let step = 0; step < 5; step++) run.logMetric("loss", Number.NaN, { step, timestamp: 1_000 });
    expectAllDelivered(await flush());
    expect(await reader.points(runId, "loss")).toEqual([0, 1, 2, 3, 4].map((step) => `${step} 1000 NaN`));
  });

  const layouts: [name: string, log: (run: Run) => Record<string, number>][] = [
    [
      "one key",
      (run) => {
        for (let step = 0; step < 1_500; step++) run.logMetric("a", step);
        return { a: 1_500 };
      },
    ],
    [
      "two keys in turn",
      (run) => {
        for (let step = 0; step < 600; step++) run.logMetrics({ a: step, b: -step });
        return { a: 600, b: 600 };
      },
    ],
    [
      "two keys, one after the other",
      (run) => {
        for (const key of ["a", "b"]) for (let step = 0; step < 500; step++) run.logMetric(key, step);
        return { a: 500, b: 500 };
      },
    ],
    [
      "a key that comes first at the end of a chunk",
      (run) => {
        for (let step = 0; step < 999; step++) run.logMetric("a", step);
        run.logMetric("b", 1);
        return { a: 999, b: 1 };
      },
    ],
    [
      "150 keys a step",
      (run) => {
        const keys = Array.from({ length: 150 }, (_, n) => `k${n}`);
        for (let step = 0; step < 9; step++) for (const key of keys) run.logMetric(key, step);
        return Object.fromEntries(keys.map((key) => [key, 9]));
      },
    ],
  ];

  test.each(layouts)("F11 is sent nothing that it would refuse when acknowledgements are lost: %s", async (_, log) => {
    const { mock, tracker, flush, reader, statuses } = await mockBench({ actAs });
    const run = tracker.startRun();
    await flush();
    mock.faults.add(lost(3));
    const expected = log(run);
    expectAllDelivered(await flush());
    expect(new Set(statuses("log-batch"))).toEqual(new Set([200]));
    const runId = await run.runId();
    for (const [key, count] of Object.entries(expected).slice(0, 5)) {
      const rows = await reader.points(runId, key);
      expect([rows.length, new Set(rows).size]).toEqual([count, count]);
    }
    expect((await reader.run(runId)).keys).toHaveLength(Object.keys(expected).length);
  });
});

describe("a server that refuses every batch with a point that it has", () => {
  test("F11 is sent only what it has not", async () => {
    const { tracker, flush, reader, problems } = await mockBench({
      async between(request, body) {
        if (!request.url.endsWith("log-batch") || !body.includes('"metrics"')) return undefined;
        const { run_id, metrics } = JSON.parse(body) as {
          run_id: string;
          metrics: { key: string; step: number; timestamp: number; value: number }[];
        };
        for (const { key, step, timestamp, value } of metrics) {
          if (!(await reader.points(run_id, key)).includes(`${step} ${timestamp} ${value}`)) continue;
          return Response.json({ error_code: "BAD_REQUEST", message: "UNIQUE constraint failed" }, { status: 400 });
        }
        return undefined;
      },
    });
    const run = tracker.startRun();
    await flush();
    const runId = await run.runId();
    const theirs = [3, 5, 8].map((step) => ({ key: "loss", value: step, timestamp: 1_000, step }));
    await reader.call("runs/log-batch", { run_id: runId, metrics: theirs });
    for (let step = 0; step < 10; step++) run.logMetric("loss", step, { step, timestamp: 1_000 });
    const report = await flush();
    expect(report).toMatchObject({ pending: nothing, quarantined: nothing, delivered: { points: 10 } });
    expect(await reader.points(runId, "loss")).toHaveLength(10);
    expect(problems).toEqual([]);
  });
});
