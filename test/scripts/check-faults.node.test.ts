import { expect, test } from "vitest";
import { checkFaults, faultNumbers } from "../../scripts/check-faults.ts";
import { temporaryFiles } from "./temporary-files.ts";

test("faultNumbers() finds numbers where a name begins, and nowhere else", () => {
  const source = `
    test("F1 takes points", () => {});
    test(
      \`F2 F3 are two\`, () => {});
    ])("F4 each %s", () => {});
    describe("F5 a group", () => {});
    test("is not F6", () => {});
    // F7 is a comment
    const text = "F8 is a text";
    test("F9is none");
  `;
  expect([...faultNumbers(source)]).toEqual([1, 2, 3, 4, 5]);
});

test("checkFaults() holds the table against the names of tests", () => {
  const base = temporaryFiles({
    "docs/faults.md": [
      "| # | fault | tests |",
      "|---|---|---|",
      "| 1 | fine | `test/a.test.ts` |",
      "| 2 | nobody | |",
      "| 3 | elsewhere | `test/a.test.ts`, `test/gone.test.ts` |",
      "| 4 | not here | none here: it needs a power cut of the machine |",
      "| 5 | lazy | none here: no |",
      "| 5 | again | `test/b.test.ts` |",
      "| 6 | half | `test/b.test.ts` |",
    ].join("\n"),
    "test/a.test.ts": 'test("F1 x", f); test("F6 y", f);',
    "test/b.test.ts": 'test("F5 F6 x", f);',
  });
  const found = checkFaults(base, 7).map(({ line, level, message }) => `${line ?? "-"} ${level} ${message}`);
  expect(found).toEqual([
    '4 error F2 names no file with its tests, nor why there is "none here"',
    "5 error test/a.test.ts has no test whose name begins with F3",
    "5 error test/gone.test.ts has no test whose name begins with F3",
    '7 error F5 names no file with its tests, nor why there is "none here"',
    "7 warning F5 is tested in test/b.test.ts, too",
    "8 error F5 has two rows",
    "9 warning F6 is tested in test/a.test.ts, too",
    "- error F7 has no row",
  ]);
});
