import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkKey } from "../../src/server/tracking/check-key.ts";
import { cut, isLonger } from "../../src/server/tracking/text-length.ts";

describe("checkKey()", () => {
  test.each([
    "a",
    "a/b",
    "a.b",
    "val loss",
    " a",
    "a ",
    "a:b",
    "a-b_c",
    "метрика",
    "日本",
    "k".repeat(250),
    "a/.b",
    ".a/b",
    "½",
  ])("accepts %j", (key) => expect(() => checkKey(key, "key")).not.toThrow());

  test.each(["a//b", "a/./b", "./a", "a/", "/a", ".", "..", "../a", "a/../b", "..a", "", "/"])(
    "refuses %j as it is no stable path",
    (key) => {
      expect(() => checkKey(key, "metrics[0].key")).toThrow("'metrics[0].key'");
    },
  );

  test.each(["a@b", "a%b", "a#b", "a\nb", "a\u0000b", "💥", "a\\b", "a+b", "a'b", "\ud800", "k\u0301"])(
    "refuses the characters of %j",
    (key) => {
      expect(() => checkKey(key, "key")).toThrow("names may only contain");
    },
  );

  test("refuses 251 characters, and counts a character outside the BMP as one", () => {
    expect(() => checkKey("k".repeat(251), "key")).toThrow("'key' exceeds the maximum length of 250 characters");
    expect(() => checkKey("𝒜".repeat(250), "key")).not.toThrow();
    expect(() => checkKey("𝒜".repeat(251), "key")).toThrow("maximum length");
  });
});

describe("cut()", () => {
  test("keeps the first characters as Python counts them, never half of one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, limit) => {
        expect(cut(text, limit)).toBe([...text].slice(0, limit).join(""));
        expect(isLonger(text, limit)).toBe([...text].length > limit);
      }),
    );
  });
});
