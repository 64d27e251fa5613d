import { describe, expect, test } from "vitest";
import { byteRange } from "../../../src/server/artifacts/byte-range.ts";
import { artifactContentType, attachment } from "../../../src/server/artifacts/content-type.ts";

describe("byteRange()", () => {
  test.each([
    ["bytes=0-3", { start: 0, end: 3 }],
    ["bytes=5-", { start: 5, end: 9 }],
    ["bytes=-4", { start: 6, end: 9 }],
    ["bytes=-400", { start: 0, end: 9 }],
    ["bytes=8-400", { start: 8, end: 9 }],
    ["BYTES = 1 - 2", { start: 1, end: 2 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-2", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,3-4", undefined],
    ["lines=0-1", undefined],
    ["bytes=a-b", undefined],
    [null, undefined],
  ])("reads %s of 10 bytes", (header, expected) => {
    expect(byteRange(header, 10)).toEqual(expected);
  });

  test("finds nothing in an empty file", () => {
    expect(byteRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(byteRange("bytes=-5", 0)).toBe("unsatisfiable");
  });
});

describe("artifactContentType()", () => {
  test.each([
    ["a.txt", "text/plain"],
    ["a.JSON", "text/plain"],
    ["d/MLmodel", "text/plain"],
    ["a.html", "text/html"],
    ["a.png", "image/png"],
    ["noext", "application/octet-stream"],
    ["v1.json/noext", "application/octet-stream"],
    ["txt", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
  ])("of %s is %s", (name, type) => {
    expect(artifactContentType(name)).toBe(type);
  });
});

describe("attachment()", () => {
  test("quotes what is no token, and cannot be left by a name", () => {
    expect(attachment("a.txt")).toBe("attachment; filename=a.txt");
    expect(attachment('a"; x="b')).toBe('attachment; filename="a\\"; x=\\"b"');
    expect(attachment("a\r\nSet-Cookie: x")).toBe(
      "attachment; filename=\"aSet-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x",
    );
    expect(attachment("\ud800")).toContain("%EF%BF%BD");
  });
});
