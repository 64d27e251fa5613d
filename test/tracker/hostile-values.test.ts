import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoints, keyProblem } from "../../src/client/limits.ts";
import { ValidationError } from "../../src/errors/index.ts";
import type { Run } from "../../src/tracker/types/run.ts";
import { bench } from "./test-core.ts";

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
});

describe("log calls with any value at all", () => {
  test("never throw, and hand only what MLflow keeps to the queue", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), anything, anything, anything, (key, value, step, timestamp) => {
        const { tracker, queue } = bench();
        const run = tracker.startRun();
        run.logMetric(key, value as number, { step: step as number, timestamp: timestamp as number });
        run.logMetrics(value as Record<string, number>, { step: step as number });
        run.logMetricSeries(key, value as never);
        run.logParam(key, value);
        run.logParams(value as object, { format: "python" });
        run.setTag(key, value);
        run.setTags(value as Record<string, unknown>);
        run.summary(value as object);
        run.deleteTag(value as string);
        run.logInput(value as never, step as never);
        for (const [metric, number, time, place] of queue.of("metric") as [string, number, number, number][]) {
          expect(keyProblem(metric)).toBeUndefined();
          expect(typeof number).toBe("number");
          expect(number === Number.POSITIVE_INFINITY || Object.is(number, -0)).toBe(false);
          expect(Number.isSafeInteger(place) && Number.isSafeInteger(time) && time >= 0).toBe(true);
        }
        for (const [name, text] of [...queue.of("param"), ...queue.of("tag")] as [string, string][]) {
          expect(keyProblem(name)).toBeUndefined();
          expect(text.isWellFormed()).toBe(true);
          expect(codePoints(text)).toBeLessThan(8001);
        }
      }),
      { numRuns: 500 },
    );
  });

  const thrower = (): never => {
    throw new Error("boom");
  };
  const mute = { toString: thrower, toJSON: thrower, [Symbol.toPrimitive]: thrower };
  const trap = (): object => Object.defineProperty({ a: 1, z: 2 }, "b", { enumerable: true, get: thrower });
  const proxy = new Proxy({}, { ownKeys: thrower, get: thrower, getPrototypeOf: thrower });
  const calls: [string, (run: Run, value: never) => void][] = [
    ["logMetric(key)", (run, value) => run.logMetric(value, 1)],
    ["logMetric(value)", (run, value) => run.logMetric("k", value)],
    ["logMetric(options)", (run, value) => run.logMetric("k", 1, value)],
    ["logMetrics(values)", (run, value) => run.logMetrics(value)],
    ["logMetrics(value)", (run, value) => run.logMetrics({ k: value })],
    ["logMetrics(options)", (run, value) => run.logMetrics({ k: 1 }, value)],
    ["logMetricSeries(key)", (run, value) => run.logMetricSeries(value, { steps: [1], values: [1] })],
    ["logMetricSeries(series)", (run, value) => run.logMetricSeries("k", value)],
    ["logParam(key)", (run, value) => run.logParam(value, 1)],
    ["logParam(value)", (run, value) => run.logParam("k", value)],
    ["logParams(values)", (run, value) => run.logParams(value)],
    ["logParams(options)", (run, value) => run.logParams({ k: 1 }, value)],
    ["setTag(key)", (run, value) => run.setTag(value, 1)],
    ["setTag(value)", (run, value) => run.setTag("k", value)],
    ["setTags(tags)", (run, value) => run.setTags(value)],
    ["deleteTag(key)", (run, value) => run.deleteTag(value)],
    ["setDescription(text)", (run, value) => run.setDescription(value)],
    ["summary(values)", (run, value) => run.summary(value)],
    ["logInput(dataset)", (run, value) => run.logInput(value)],
    ["logInput(name)", (run, value) => run.logInput({ name: value })],
    ["logInput(source)", (run, value) => run.logInput({ name: "d", source: value, digest: value })],
    ["logInput(options)", (run, value) => run.logInput({ name: "d" }, value)],
  ];
  const accessors = (names: string): object =>
    Object.defineProperties(
      {},
      Object.fromEntries(names.split(" ").map((name) => [name, { enumerable: true, get: thrower }])),
    );
  const accessor = accessors("name steps values step timestamp format context tags digest source");
  const symbol = Symbol("s");

  test.each(calls)("never throw for values that throw when they are looked at: %s", (_, call) => {
    for (const value of [mute, trap(), proxy, accessor, symbol, Object.assign(() => {}, mute), null, undefined]) {
      const { tracker } = bench();
      const run = tracker.startRun();
      expect(() => call(run, value as never)).not.toThrow();
    }
  });

  test("log what stands beside a value that cannot be read, and count that one", async () => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    run.logMetrics(trap() as never);
    run.setTags(trap() as never);
    run.logParams({ deep: trap() });
    expect(queue.of("metric").map(([key, value]) => [key, value])).toEqual([
      ["a", 1],
      ["z", 2],
    ]);
    expect(queue.of("tag")).toEqual([
      ["a", "1"],
      ["z", "2"],
    ]);
    expect(queue.of("param")).toEqual([
      ["deep.a", "1"],
      ["deep.z", "2"],
    ]);
    expect(problems.map((problem) => problem.message)).toEqual([
      'Cannot log the metric "b" as it cannot be read: Error: boom',
      'Cannot log the tag "b" as it cannot be read: Error: boom',
      'Cannot log the param "deep.b" as it cannot be read: Error: boom',
    ]);
    expect((await tracker.flush()).quarantined).toEqual({ points: 1, requests: 2 });
  });

  const artifacts: [string, (run: Run, value: never) => Promise<void>][] = [
    ["logText(text)", (run, value) => run.logText(value, "a.txt")],
    ["logText(path)", (run, value) => run.logText("a", value)],
    ["logJson(value)", (run, value) => run.logJson(value, "a.json")],
    ["logTable(data)", (run, value) => run.logTable(value, "a.json")],
    ["logTable(path)", (run, value) => run.logTable([], value)],
    ["logImage(image)", (run, value) => run.logImage(value, { path: "a.png" })],
    ["logImage(options)", (run, value) => run.logImage(Uint8Array.of(1), value)],
    ["logFigure(svg)", (run, value) => run.logFigure(value, "a.svg")],
    ["logArtifact(source)", (run, value) => run.logArtifact(value)],
    ["logArtifact(folder)", (run, value) => run.logArtifact(new Blob(["a"]), value, { name: value })],
    ["logArtifacts(directory)", (run, value) => run.logArtifacts(value)],
  ];

  test.each(artifacts)("reject, and do not throw, for values that throw: %s", async (_, call) => {
    for (const value of [mute, proxy, symbol]) {
      const { tracker } = bench();
      const run = tracker.startRun();
      let logged: Promise<void> | undefined;
      expect(() => {
        logged = call(run, value as never);
      }).not.toThrow();
      await expect(logged).rejects.toThrow();
    }
  });

  test.each([null, undefined, 1, {}])("logFigure(%j) rejects and does not throw", async (svg) => {
    const { tracker } = bench();
    await expect(tracker.startRun().logFigure(svg as never, "a.svg")).rejects.toThrow(ValidationError);
  });

  test("throw ValidationError for tags, deleteTag(), logInput() and accessors when strict", () => {
    const { tracker, queue } = bench({ strict: true });
    const run = tracker.startRun();
    const rejected: [() => void, string][] = [
      [() => run.setTag("a%", 1), 'Cannot log the tag "a%" as the key must'],
      [() => run.setTags({ ok: 1, "a%": 1 }), 'Cannot log the tag "a%" as the key must'],
      [() => run.setTags(null as never), "the tags must be an object"],
      [() => run.setTags(trap() as never), "it cannot be read: Error: boom"],
      [() => run.deleteTag("a%"), 'Cannot log the tag "a%" as the key must'],
      [() => run.deleteTag(undefined as never), "the key must be a text"],
      [() => run.logInput({ name: "" }), "the name of a dataset must have 1 to 500 characters"],
      [() => run.logInput({ name: "d", digest: "x".repeat(37) }), "the digest of a dataset must have"],
      [() => run.logInput({ name: "d", source: mute }), "must have a JSON form: Error: boom"],
      [() => run.logMetrics(trap() as never), "it cannot be read: Error: boom"],
    ];
    for (const [call, words] of rejected) {
      expect(call).toThrow(ValidationError);
      expect(call).toThrow(words);
    }
    expect(queue.of("inputs")).toEqual([]);
    expect(queue.of("untag")).toEqual([]);
  });

  test.each(["../up", "/etc/passwd", "a//b", "100%25"])("the artifact path %j rejects, strict or not", async (path) => {
    for (const strict of [true, false]) {
      const { tracker, queue } = bench({ strict });
      await expect(tracker.startRun().logText("x", path)).rejects.toThrow(ValidationError);
      expect(queue.bodies.size).toBe(0);
    }
  });

  test("write a parameter's first value only, whatever comes after", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer())), (calls) => {
        const { tracker, queue } = bench();
        const run = tracker.startRun();
        for (const [key, value] of calls) run.logParam(key, value);
        const first = new Map([...calls].reverse().map(([key, value]) => [key, String(value)]));
        expect(new Map(queue.of("param") as [string, string][])).toEqual(first);
        expect(queue.of("param")).toHaveLength(first.size);
      }),
    );
  });
});
