import { describe, expect, test } from "vitest";
import { displayWidth, pad, printable, truncate } from "../../src/internal/terminal-text.ts";

test.each<[string, number]>([
  ["", 0],
  ["abc", 3],
  ["é", 1],
  ["e\u0301", 1],
  ["名前", 4],
  ["😀", 2],
  ["👩‍👩‍👧", 2],
  ["█▆▄", 3],
])("displayWidth(%j) is %i", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

describe("truncate()", () => {
  test("keeps what fits and marks what does not", () => {
    expect([truncate("abcdef", 6), truncate("abcdef", 5), truncate("abc", 1), truncate("abc", 0)]).toEqual([
      "abcdef",
      "abcd…",
      "…",
      "",
    ]);
  });

  test("never cuts a character in two", () => {
    expect(truncate("名前名前", 6)).toBe("名前…");
    expect(truncate("名前名前", 5)).toBe("名前…");
    expect(truncate("👩‍👩‍👧x", 2)).toBe("…");
  });
});

test("pad() fills by columns, not by characters", () => {
  expect([pad("名", 4), pad("名", 4, "right"), pad("long", 2)]).toEqual(["名  ", "  名", "long"]);
});

test("printable() leaves nothing that a terminal would obey", () => {
  expect(printable("a\u001b]0;title\u0007\u009b31m\n\u202eb\ud800")).toBe(
    "a\ufffd]0;title\ufffd\ufffd31m \ufffdb\ufffd",
  );
});
