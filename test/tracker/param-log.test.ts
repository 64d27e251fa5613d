import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors/index.ts";
import { bench } from "./test-core.ts";

describe("Run.logParams()", () => {
  test("flattens nested objects and maps to dotted keys and writes other values as JSON text", () => {
    const { tracker, queue } = bench();
    tracker.startRun().logParams({
      optimizer: { name: "adam", betas: [0.9, 0.999], schedule: { warmup: 10 } },
      layers: new Map([["first", 64]]),
      shuffle: true,
      seed: 12345678901234567890n,
      nothing: null,
      empty: {},
      rate: Number.NaN,
      when: new Date(0),
      weights: Float32Array.of(1, 2),
      tags: new Set(["a"]),
      models: [{ a: 1n }],
    });
    expect(Object.fromEntries(queue.of("param") as [string, string][])).toEqual({
      "optimizer.name": "adam",
      "optimizer.betas": "[0.9,0.999]",
      "optimizer.schedule.warmup": "10",
      "layers.first": "64",
      shuffle: "true",
      seed: "12345678901234567890",
      nothing: "null",
      empty: "{}",
      rate: "NaN",
      when: "1970-01-01T00:00:00.000Z",
      weights: "[1,2]",
      tags: '["a"]',
      models: '[{"a":"1"}]',
    });
  });

  test("writes values as Python's str() does when asked", () => {
    const { tracker, queue } = bench();
    const small = [1e-7, -5e-5, 0.0001, 1.5e-10, 0, 1e-300, 123456.5];
    const values = { flag: true, none: null, list: [1, "it's", false, null], inf: Number.POSITIVE_INFINITY, small };
    tracker.startRun().logParams(values, { format: "python" });
    expect(queue.of("param").map((call) => call[1])).toEqual([
      "True",
      "None",
      `[1, "it's", False, None]`,
      "inf",
      "[1e-07, -5e-05, 0.0001, 1.5e-10, 0, 1e-300, 123456.5]",
    ]);
  });

  test("counts what has no text, and a cycle, and logs the rest", () => {
    const { tracker, queue, problems } = bench();
    const cycle: Record<string, unknown> = { a: 1 };
    cycle["self"] = cycle;
    const run = tracker.startRun();
    run.logParams({ lr: 0.1, dropout: undefined, fn: () => 1, cycle });
    expect(queue.of("param")).toEqual([
      ["lr", "0.1"],
      ["cycle.a", "1"],
    ]);
    expect(problems.map((problem) => problem.key)).toEqual(["dropout", "fn", "cycle.self"]);
    expect(problems[0]?.message).toContain("leave it out, or use null");
    expect(tracker.queue.status().quarantined.requests).toBe(3);
  });

  test("survives keys that objects treat specially", () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun({ tags: JSON.parse('{"__proto__":"x"}') });
    run.logParams(JSON.parse('{"__proto__":{"a":1},"constructor":2}'));
    expect(queue.of("param")).toEqual([
      ["__proto__.a", "1"],
      ["constructor", "2"],
    ]);
    expect(Object.getOwnPropertyDescriptor(queue.created[0]?.tags, "__proto__")?.value).toBe("x");
  });
});

describe("values that are no objects, or none that can be read", () => {
  test("stop no training: they are counted, and what could be read is logged", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    const hostile = {
      get a(): never {
        throw new Error("no");
      },
    };
    const unreadable = {
      toJSON(): never {
        throw new Error("no JSON");
      },
    };
    for (const bad of [null, undefined, 5, "text"]) {
      run.logParams(bad as never);
      run.logMetrics(bad as never);
      run.logMetricSeries("s", bad as never);
      run.summary(bad as never);
      run.setTags(bad as never);
      run.logInput(bad as never);
    }
    run.logParams({ fine: 1, hostile, unreadable: [unreadable] });
    run.logParam(Symbol("s") as never, 1);
    run.logMetric({} as never, 1);
    run.logMetricSeries("s", { steps: [0] } as never);
    expect(queue.of("metric")).toEqual([]);
    expect(queue.of("param")).toEqual([["fine", "1"]]);
    expect(problems.map((problem) => problem.message.split(" as ")[0])).toEqual([
      'Cannot log the param ""',
      'Cannot log the metric ""',
      'Cannot log the metric "s"',
      'Cannot log the tag ""',
      'Cannot log the input "undefined"',
      'Cannot log the param "hostile.a"',
      'Cannot log the param "unreadable"',
      'Cannot log the param "Symbol(s)"',
      'Cannot log the metric "[object Object]"',
    ]);
    const { quarantined } = tracker.queue.status();
    expect(quarantined.points).toBe(10);
  });
});

describe("a parameter written twice", () => {
  test("is a no-op when equal; when different the first is kept and the other reported", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun({ params: { lr: 0.1 } });
    run.logParam("lr", "0.1");
    run.logParam("lr", 0.2);
    expect(queue.of("param")).toEqual([["lr", "0.1"]]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ kind: "param-conflict", key: "lr" });
    expect(problems[0]?.message).toContain('it is "0.1" and stays so, "0.2" is not logged');
  });

  test("throws when the tracker is strict", () => {
    const { tracker } = bench({ strict: true });
    const run = tracker.startRun({ params: { lr: 0.1 } });
    expect(() => run.logParam("lr", 0.2)).toThrow(ValidationError);
    expect(() => run.logParam("lr", 0.1)).not.toThrow();
  });

  test("becomes a tag, or a new version, by option", () => {
    const tagged = bench({ paramConflict: "tag" });
    const first = tagged.tracker.startRun();
    for (const lr of [1, 2]) first.logParam("lr", lr);
    expect(tagged.queue.of("tag")).toEqual([["mlflow.tracklet.param.lr", "2"]]);
    const versioned = bench({ paramConflict: "version" });
    const second = versioned.tracker.startRun();
    for (const lr of [1, 2, 3, 2]) second.logParam("lr", lr);
    expect(versioned.queue.of("param")).toEqual([
      ["lr", "1"],
      ["lr.2", "2"],
      ["lr.3", "3"],
    ]);
    expect([...tagged.problems, ...versioned.problems]).toEqual([]);
  });
});

describe("long texts", () => {
  test("are cut by characters as MLflow counts them, with a warning", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logParam("p", "🦜".repeat(7000));
    run.setTag("t", "x".repeat(10_000));
    expect([...String(queue.of("param")[0]?.[1])]).toHaveLength(6000);
    expect(queue.of("tag")[0]?.[1]).toHaveLength(8000);
    expect(problems.map((problem) => [problem.kind, problem.key])).toEqual([
      ["truncated", "p"],
      ["truncated", "t"],
    ]);
    expect(problems[0]?.message).toContain("has 7000 characters and MLflow keeps 6000");
  });

  test("lose lone surrogates, which no server could store", () => {
    const { tracker, queue } = bench();
    tracker.startRun().setTag("t", "a\ud800b");
    expect(queue.of("tag")[0]?.[1]).toBe("a\ufffdb");
  });
});

describe("tags", () => {
  test("take texts and other values, and refuse illegal keys", () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.setTags({ stage: "dev", n: 3, list: [1] });
    run.setTag("a//b", 1);
    run.deleteTag("stage");
    run.deleteTag("😀");
    run.setDescription("# Title");
    expect(queue.of("tag")).toEqual([
      ["stage", "dev"],
      ["n", "3"],
      ["list", "[1]"],
      ["mlflow.note.content", "# Title"],
    ]);
    expect(queue.of("untag")).toEqual([["stage"]]);
    expect(problems.map((problem) => problem.key)).toEqual(["a//b", "😀"]);
    expect(problems[0]?.message).toContain('use "a/b"');
  });

  test("summary() stands beside the series: numbers as metrics, the rest as tags", () => {
    const { tracker, queue } = bench();
    tracker.startRun().summary({ val: { acc: 0.9 }, best: "epoch 3" });
    expect(queue.of("metric").map((call) => [call[0], call[1], call[3]])).toEqual([["summary.val.acc", 0.9, 0]]);
    expect(queue.of("tag")).toEqual([["summary.best", "epoch 3"]]);
  });
});
