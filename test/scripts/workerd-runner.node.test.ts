import { describe, expect, test } from "vitest";
import { addHook, addSuite, addTest, collect } from "../../runtime-tests/workerd/test-collector.ts";
import { runSuite } from "../../runtime-tests/workerd/test-runner.ts";
import { casesOf, titleOf } from "../../runtime-tests/workerd/test-title.ts";

describe("the test runner for workerd", () => {
  test("runSuite() runs hooks around tests as vitest does, outermost first", async () => {
    const log: string[] = [];
    const note = (what: string) => () => void log.push(what);
    const suite = await collect(async () => {
      addHook("beforeEach", note("each 1"));
      addHook("afterEach", note("after 1"));
      addSuite(
        "group",
        () => {
          addHook("beforeAll", note("all"));
          addHook("beforeEach", () => {
            log.push("each 2");
            return note("undo 2");
          });
          addHook("afterEach", note("after 2"));
          addHook("afterAll", note("end"));
          addTest("works", note("test"), undefined);
        },
        false,
      );
    });
    const report = await runSuite("a.test.ts", suite);
    expect(report).toMatchObject({ file: "a.test.ts", passed: 1, failed: 0, skipped: 0, names: ["group works"] });
    expect(log).toEqual(["all", "each 1", "each 2", "test", "after 2", "after 1", "undo 2", "end"]);
  });

  test("runSuite() counts failures of tests, hooks and cleanups, and goes on", async () => {
    const suite = await collect(async () => {
      addTest("throws", () => Promise.reject(new Error("no")), undefined);
      addTest("hangs", () => new Promise(() => {}), 5);
      addTest("leaves dirt", (context) => context.onTestFinished(() => Promise.reject(new Error("dirt"))), undefined);
      addSuite(
        "broken",
        () => {
          addHook("beforeAll", () => Promise.reject(new Error("all")));
          addTest("never runs", () => undefined, undefined);
        },
        false,
      );
      addSuite("skipped", () => addTest("not now", () => undefined, undefined), true);
      addTest("todo", undefined, undefined);
      addTest("fine", () => undefined, undefined);
    });
    const report = await runSuite("a.test.ts", suite);
    expect(report).toMatchObject({ passed: 1, failed: 4, skipped: 2 });
    expect(report.failures.map((failure) => failure.name)).toEqual([
      "throws",
      "hangs",
      "leaves dirt",
      "broken (beforeAll)",
    ]);
    expect(report.failures[1]?.message).toContain("longer than 5 ms");
  });

  test.each([
    ["%i is %s", [1, "one"], "1 is one"],
    ["case %# of %j", [{ a: 1n }], 'case 3 of {"a":"1n"}'],
    ["$name at $place.x", [{ name: "loss", place: { x: 2 } }], "loss at 2"],
    ["100 %% and %s", [], "100 % and %s"],
  ])('titleOf() fills "%s"', (template, args, expected) => {
    expect(titleOf(template, args, 3)).toBe(expected);
  });

  test("casesOf() spreads cases only when every one is an array", () => {
    expect(casesOf([[1, 2], [3]]).map((one) => one.args)).toEqual([[1, 2], [3]]);
    expect(casesOf([[1, 2], 3]).map((one) => one.args)).toEqual([[[1, 2]], [3]]);
    expect(casesOf([[1, 2], 3]).map((one) => one.items)).toEqual([[1, 2], [3]]);
  });
});
