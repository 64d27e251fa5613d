import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { artifactPath } from "../../../src/server/artifacts/artifact-path.ts";

describe("artifactPath()", () => {
  test.each([
    ["a/b.txt", "a/b.txt"],
    ["", ""],
    ["dir/", "dir"],
    ["a//b", "a/b"],
    ["sp%20ace", "sp ace"],
    ["a..b", "a..b"],
    [".hidden", ".hidden"],
    ["c:/x", "c:/x"],
    ["p%252525.txt", "p%.txt"],
    ["per%25cent", "per\ufffdnt"],
    ["enc%2Fslash", "enc/slash"],
    ["c%01.txt", "c%01.txt"],
    ["n\nl", "n%0Al"],
    ["back\\slash", "back\\slash"],
    ["файл/🎉", "файл/🎉"],
    ["100%", "100%"],
  ])("reads %s as %s", (path, expected) => {
    expect(artifactPath(path)).toBe(expected);
  });

  test.each([
    "..",
    "../x",
    "a/../x",
    "a/..",
    "%2e%2e/x",
    "%252e%252e/x",
    "%25252525252e%25252525252e/x",
    ".%2e/x",
    "a%2f..%2fx",
    "..\\x",
    "a\\..\\x",
    "./x",
    "a/./x",
    "/etc/passwd",
    "%2Fetc",
    "//etc",
    "ha#sh",
    "ha%23sh",
    "file:///etc/passwd",
    "http://evil/x",
  ])("refuses %s", (path) => {
    expect(artifactPath(path)).toBeUndefined();
  });

  test("gives paths without empty, dot and control parts, whatever comes in", () => {
    const part = fc.constantFrom(
      "a",
      ".",
      "..",
      "/",
      "\\",
      "%2e",
      "%2F",
      "%25",
      "%00",
      "%",
      "\0",
      "é",
      "#",
      ":",
      "\u202e",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(part).map((parts) => parts.join("")),
        ),
        (text) => {
          const path = artifactPath(text);
          if (path === undefined || path === "") return;
          expect(path.split("/").some((segment) => segment === "" || segment === "." || segment === "..")).toBe(false);
          expect(/[\u0000-\u001f\u007f]/.test(path)).toBe(false);
          expect(artifactPath(path)).toBe(path);
        },
      ),
    );
  });
});
