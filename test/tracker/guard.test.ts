import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Problem } from "../../src/queue/types.ts";
import { Guard } from "../../src/tracker/guard.ts";
import { bench } from "./test-core.ts";

describe("problems where nobody listens", () => {
  const { warn } = console;
  let lines: string[] = [];
  beforeEach(() => {
    lines = [];
    console.warn = (line: string) => void lines.push(line);
  });
  afterEach(() => {
    console.warn = warn;
  });

  test("are written once per kind, metric or param or tag, and key, for each of the first runs, with its name", () => {
    const guard = new Guard(false, undefined);
    for (const name of ["a", "b", "c", "d", "e"]) {
      guard.runStarted(`id-${name}`, `run-${name}`);
      for (const kind of ["metric", "param", "metric"] as const) {
        guard.reject({ run: `id-${name}`, kind, key: "und" }, "it is undefined");
      }
    }
    expect(lines).toEqual(
      ["a", "b", "c"].flatMap((name) => [
        `tracklet: Cannot log the metric "und" as it is undefined (run "run-${name}")`,
        `tracklet: Cannot log the param "und" as it is undefined (run "run-${name}")`,
      ]),
    );
  });

  test("have the name of a run once, also where a letter of the message is its name", () => {
    const guard = new Guard(false, undefined);
    guard.runStarted("1", "a");
    guard.reject({ run: "1", kind: "tag", key: "k" }, "it is bad");
    guard.tell({ kind: "scope", message: 'The run "a" was open', run: "1" });
    expect(lines).toEqual([
      'tracklet: Cannot log the tag "k" as it is bad (run "a")',
      'tracklet: The run "a" was open',
    ]);
  });

  test("are written once when the queue tells them again", () => {
    const guard = new Guard(false, undefined);
    const problem: Problem = { kind: "server-unreachable", message: "no answer" };
    guard.pass(problem);
    guard.pass(problem);
    expect(lines).toEqual(["tracklet: no answer"]);
  });
});

describe("problems that are told", () => {
  test("of a param and a tag of one key are two", () => {
    const { tracker, problems } = bench();
    const run = tracker.startRun();
    run.logParam("long", "x".repeat(9000));
    run.setTag("long", "x".repeat(9000));
    run.setTag("long", "y".repeat(9000));
    expect(problems.map(({ message }) => message.slice(0, 14))).toEqual(['The param "lon', 'The tag "long"']);
  });

  test("name keys and paths in one line", async () => {
    const { tracker, problems } = bench();
    const run = tracker.startRun({ name: "a\nb" });
    run.logMetric("a\nb", 1);
    run.logParam("a\nb", 1);
    run.setTag("a\nb", 1);
    run.deleteTag("a\nb");
    run.logInput({ name: "a\nb", digest: 5 } as never);
    run.logMetric("a", 1, { timestamp: 1_700_000_000 });
    const errors = await Promise.all(
      ["a\nb", "../a\nb"].flatMap((path) => [
        run.logText(5 as never, path).catch(String),
        run.logJson(undefined, path).catch(String),
        run.logTable(5 as never, path).catch(String),
        run.logImage(5 as never, { path }).catch(String),
      ]),
    );
    await run.end();
    await run.end("FAILED");
    expect(problems.length).toBeGreaterThan(4);
    for (const { message } of problems) expect(message).not.toContain("\n");
    for (const message of errors) expect(message).not.toContain("\n");
  });

  test("name the path of JSON that has none", async () => {
    const { tracker } = bench();
    await expect(tracker.startRun().logJson(undefined, "u.json")).rejects.toThrow(
      'Cannot logJson "u.json" as the value must have a JSON form: TypeError: undefined has none',
    );
  });
});

describe("Tracker.searchRuns() rejects", () => {
  test.each([
    [null, "the options must be an object"],
    ["metrics.loss < 1", 'the options must be an object such as { filter: "metrics.loss < 1" }'],
    [{ experiments: "s" }, 'experiments must be a list of names such as ["Default"]: current value is "s"'],
    [{ experiments: [5] }, "experiments must be a list of names"],
    [{ filter: 5 }, "filter must be a text: current value is 5"],
    [{ orderBy: { a: 1 } }, "orderBy must be texts"],
  ])("%j", async (options, message) => {
    const { tracker } = bench();
    await expect(tracker.searchRuns(options as object)).rejects.toThrow(message);
  });
});
