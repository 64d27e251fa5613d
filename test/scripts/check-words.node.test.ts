import { homedir } from "node:os";
import { describe, expect, test } from "vitest";
import { findWords } from "../../scripts/check-words.ts";

const found = (text: string, file = "src/a.ts"): string[] =>
  findWords(file, text).map(({ line, message }) => `${line} ${message}`);
/** Joined here, so that the check does not find this file. */
const join = (...parts: string[]): string => parts.join("");

describe("findWords", () => {
  test("findWords() finds the address of a registry", () => {
    expect(found(join("a\nhttps://regis", "try.example.org/ky/-/ky.tgz"))).toEqual([
      expect.stringContaining("2 names a package registry"),
    ]);
  });

  test("findWords() finds addresses that a lock file keeps", () => {
    expect(found(join('"resol', 'ved": "https://example.org/ky.tgz"'))).toEqual([
      expect.stringContaining("1 keeps the address"),
    ]);
  });

  test.each([
    ["/wo", "rk/main/src"],
    ["/ro", "ot/.cache/x"],
    [homedir(), "/project/x"],
  ])("findWords() finds the path %s%s", (...parts) => {
    expect(found(`see ${join(...parts)}`)).toEqual([expect.stringContaining("names a path of one machine")]);
  });

  test.each([
    "https://www.npmjs.com/package/tracklet",
    "https://mlflow.example/api/2.0/mlflow/runs/create",
    'import { root } from "./root/files.ts";',
    "examples/work/main.ts",
    ["`${home}", "work", "file`"].join("/"),
    "/home/ann/mlruns",
  ])("findWords() finds nothing in %s", (text) => {
    expect(found(text)).toEqual([]);
  });

  test("findWords() leaves recordings of real servers alone", () => {
    expect(found(join("/ro", "ot/mlruns"), "test/golden/recordings/a.json")).toEqual([]);
  });
});
