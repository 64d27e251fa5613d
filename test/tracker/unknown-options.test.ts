import { describe, expect, test } from "vitest";
import { ConfigurationError, ValidationError } from "../../src/errors/index.ts";
import type { RunHandle } from "../../src/tracker/run.ts";
import { type Bench, bench } from "./test-core.ts";

const strange = { misspelt: 1 } as object;

describe("an option that there is not", () => {
  const told: [name: string, log: (run: RunHandle, options: object) => void, words: string][] = [
    ["logMetric", (run, options) => run.logMetric("a", 1, options), 'of the metric "a": use step, timestamp, model'],
    ["logMetrics", (run, options) => run.logMetrics({ a: 1 }, options), "of metrics: use step, timestamp, model"],
    ["logParam", (run, options) => run.logParam("a", 1, options), 'of the param "a": use format'],
    ["logParams", (run, options) => run.logParams({ a: 1 }, options), "of params: use format"],
    ["logInput", (run, options) => run.logInput({ name: "a" }, options), "of the input: use context, tags"],
  ];

  test.each(told)("of %s() is told once, and the value is logged; when strict it throws", (_name, log, words) => {
    const { tracker, queue, problems } = bench();
    const run = tracker.startRun();
    const before = queue.calls.length;
    log(run, strange);
    log(run, strange);
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      ["invalid-value", `Cannot use the unknown option misspelt ${words}`],
    ]);
    expect(queue.calls.length).toBeGreaterThan(before);
    const strict = bench({ strict: true });
    expect(() => log(strict.tracker.startRun(), strange)).toThrow(ValidationError);
    expect(strict.queue.calls.map(([kind]) => kind)).toEqual(["create"]);
  });

  test.each(told)("of %s() is none where the options are no object", (_name, log) => {
    const { tracker, problems } = bench();
    log(tracker.startRun(), "training" as unknown as object);
    expect(problems[0]?.message).toContain('as they must be an object: current value is "training"; use {');
    log(tracker.startRun(), null as unknown as object);
    expect(problems).toHaveLength(1);
  });

  test("is told of a metric beside options that are right, and of a later point that has only it", () => {
    const beside = bench();
    beside.tracker.startRun().logMetric("a", 1, { step: 1, timestmp: 2 } as object);
    expect(beside.problems).toHaveLength(1);
    const later = bench();
    const run = later.tracker.startRun();
    for (let step = 0; step < 50; step++) run.logMetric("a", 1, { step });
    for (let step = 0; step < 50; step++) run.logMetrics({ a: 1 }, { step });
    expect(later.problems).toEqual([]);
    run.logMetric("a", 1, { steps: 7 } as object);
    run.logMetrics({ a: 1 }, { stepp: 7 } as object);
    expect(later.problems).toHaveLength(2);
  });

  test("of a prototype is none", () => {
    const { tracker, problems } = bench();
    tracker.startRun().logMetric("a", 1, Object.create({ inherited: 1 }, { step: { value: 1, enumerable: true } }));
    expect(problems).toEqual([]);
  });

  test.each<[name: string, log: (run: RunHandle, options: object) => Promise<unknown>]>([
    ["logText", (run, options) => run.logText("a", "a.txt", options)],
    ["logJson", (run, options) => run.logJson(1, "a.json", options)],
    ["logDict", (run, options) => run.logDict({}, "a.json", options)],
    ["logTable", (run, options) => run.logTable([], "a.json", options)],
    ["logFigure", (run, options) => run.logFigure("<svg/>", "a.svg", options)],
    ["logImage", (run, options) => run.logImage(Uint8Array.of(0x42, 0x4d), { path: "a.bmp", ...options })],
    ["logArtifact", (run, options) => run.logArtifact(new Uint8Array(1), "", { name: "a", ...options })],
    ["logArtifacts", (run, options) => run.logArtifacts("/a", "", options)],
    ["logModel", (run, options) => run.logModel({ a: "b" }, options)],
    ["history", (run, options) => run.history("a", options)],
    ["receipt", (run, options) => run.receipt(options)],
    ["url", (run, options) => run.url(options)],
    ["end", (run, options) => run.end("FINISHED", options)],
  ])("of %s() rejects, and nothing is logged", async (_name, log) => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await expect(log(run, strange)).rejects.toThrow("Cannot use the unknown option misspelt: use ");
    await expect(log(run, { timeot: 5 })).rejects.toThrow(ConfigurationError);
    expect([...queue.bodies.keys()]).toEqual([]);
  });

  test("rejects in calls of a tracker", async () => {
    const { tracker } = bench();
    const id = "a".repeat(32);
    const words = "Cannot use the unknown option misspelt: use ";
    await expect(tracker.flush(strange)).rejects.toThrow(words);
    await expect(tracker.resumeRun(id, strange)).rejects.toThrow(words);
    await expect(tracker.findOrStartRun({ name: "a", ...strange })).rejects.toThrow(words);
    await expect(tracker.getRun(id, strange)).rejects.toThrow(words);
    await expect(tracker.listArtifacts(id, "", strange)).rejects.toThrow(words);
    await expect(tracker.openArtifact(id, "a", strange)).rejects.toThrow(words);
    await expect(tracker.compareRuns([id], strange)).rejects.toThrow(words);
    await expect(tracker.setExperiment("a", strange)).rejects.toThrow(words);
    await expect(tracker.control(id).stop(strange)).rejects.toThrow(words);
    await expect(tracker.getRun(id, 5000 as unknown as object)).rejects.toThrow(
      "Cannot getRun as its options must be an object with any of freshness, signal, timeout, retry: current value is 5000",
    );
  });
});

describe("an option whose value there is not", () => {
  type Call = (made: Bench, options: object) => Promise<unknown>;
  const flush: Call = ({ tracker }, options) => tracker.flush(options);
  const end: Call = ({ tracker }, options) => tracker.startRun().end("FINISHED", options);
  const close: Call = ({ tracker }, options) => tracker.close(options);
  const read: Call = ({ tracker }, options) => tracker.searchRuns(options);
  const until = 'until as it must be "durable" or "delivered"';
  const timeout = "timeout as it must be a number from 0";
  test.each<[string, object, Call, string]>([
    ["flush", { until: "persisted" }, flush, `${until}: current value is "persisted"`],
    ["flush", { until: null }, flush, `${until}: current value is null`],
    ["flush", { timeout: -1 }, flush, `${timeout}: current value is -1`],
    ["flush", { timeout: Number.NaN }, flush, `${timeout}: current value is NaN`],
    ["flush", { timeout: "5" }, flush, `${timeout}: current value is "5"`],
    ["end", { until: "nonsense" }, end, `${until}: current value is "nonsense"`],
    ["end", { timeout: "5" }, end, "timeout must be milliseconds from 0: current value is 5"],
    ["close", { timeout: Number.NaN }, close, `${timeout}: current value is NaN`],
    ["close", { misspelt: 1 }, close, "the unknown option misspelt: use timeout, signal"],
    ["searchRuns", { freshness: "soon" }, read, 'freshness as it must be a number from 0: current value is "soon"'],
  ])("of %s(), %j, is refused with what it may be", async (_, options, call, words) => {
    await expect(call(bench(), options)).rejects.toThrow(words);
  });

  test("of end() leaves the run open, and of close() the tracker", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    await expect(run.end("FINISHED", { until: "nonsense" as "durable" })).rejects.toThrow(ConfigurationError);
    await expect(tracker.close({ timeout: -1 })).rejects.toThrow(ConfigurationError);
    expect(queue.of("update")).toEqual([]);
    await run.end();
    await tracker.close({ timeout: 0 });
    expect(queue.calls.at(-2)).toEqual(["close"]);
  });
});
