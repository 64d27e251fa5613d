import { assert, array, constantFrom, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoints, cutText, keyProblem, limits } from "../../src/client/limits.ts";
import { pointProblem } from "../../src/client/point-problem.ts";

describe("keyProblem()", () => {
  test.each([
    "loss",
    "val/loss",
    "a b",
    " lead",
    "trail ",
    "a.b-c:d_e",
    "größe",
    "损失",
    "a/..b",
    "a..b",
    "٣",
    "x".repeat(250),
  ])("takes %j", (key) => {
    expect(keyProblem(key)).toBeUndefined();
  });

  test.each([
    ["", "empty"],
    ["a@b", '"@"'],
    ["a%b", '"%"'],
    ["loss🎉", '"🎉"'],
    ["a\nb", "digits"],
    ["a\\b", "digits"],
    ["\ud800", "digits"],
    ["x".repeat(251), "it has 251"],
    ["a//b", "plain path"],
    ["a/./b", "plain path"],
    ["a/", "plain path"],
    ["/a", "plain path"],
    [".", "plain path"],
    ["..", "plain path"],
    ["...", "plain path"],
    ["..a", "plain path"],
    ["../a", "plain path"],
    ["a/../b", "plain path"],
  ])("refuses %j", (key, reason) => {
    expect(keyProblem(key)).toContain(reason);
  });

  test("counts code points, as the server does", () => {
    expect(keyProblem("𝒜".repeat(250))).toBeUndefined();
    expect(keyProblem("𝒜".repeat(251))).toContain("it has 251");
  });
});

describe("cutText()", () => {
  test("leaves short text as it is and cuts by code points", () => {
    expect(cutText("abc", 3)).toBe("abc");
    expect(cutText("🎉🎉🎉", 2)).toBe("🎉🎉");
    expect(cutText("\ud800x", 5)).toBe("\ufffdx");
  });

  test("never gives more code points than asked, nor a broken one", () => {
    const parts = array(constantFrom("a", "é", "🎉", "\ud83c", "\udf89", "字"), { maxLength: 40 });
    assert(
      property(parts, integer({ min: 0, max: 40 }), (list, length) => {
        const text = list.join("");
        const cut = cutText(text, length);
        expect(cut.isWellFormed()).toBe(true);
        expect(codePoints(cut)).toBe(Math.min(length, codePoints(text.toWellFormed())));
        expect(text.toWellFormed().startsWith(cut)).toBe(true);
      }),
    );
  });

  test("codePoints() counts as the string iterator does", () => {
    assert(property(string({ unit: "grapheme" }), (text) => codePoints(text) === [...text].length));
  });
});

describe("pointProblem()", () => {
  test.each([
    [1, 0, 0],
    [Number.NaN, 1_700_000_000_000, -5],
    [Number.NEGATIVE_INFINITY, 1, Number.MAX_SAFE_INTEGER],
    [5e-324, 1, 0],
  ])("takes %d at %d, step %d", (value, timestamp, step) => {
    expect(pointProblem(value, timestamp, step)).toBeUndefined();
  });

  test.each([
    ["1", 1, 0, '"1"'],
    [undefined, 1, 0, "undefined"],
    [10n, 1, 0, "10"],
    [1, 1, 1.5, "1.5"],
    [1, 1, Number.NaN, "NaN"],
    [1, 1, 2 ** 53, "9007199254740992"],
    [1, -1, 0, "-1"],
    [1, 1.5, 0, "1.5"],
    [1, 1e300, 0, "1e+300"],
    [1, "now", 0, '"now"'],
  ])("refuses %s at %s, step %s", (value, timestamp, step, shown) => {
    expect(pointProblem(value as number, timestamp as number, step as number)).toContain(shown);
  });
});

test("limits are those of the server", () => {
  expect(limits).toMatchObject({ metricsPerBatch: 1000, paramsPerBatch: 100, tagsPerBatch: 100, keyLength: 250 });
});
