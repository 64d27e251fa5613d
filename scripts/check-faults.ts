/** Every fault that the queue promises to survive has a test of its number, and `docs/faults.md` says where. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import { sourceFiles } from "./lib/source-files.ts";

const TABLE = "docs/faults.md";
/** Numbers that the table has to have, from 1 on. */
const FAULTS = 48;
const PLACES = ["test", "runtime-tests", "examples", "bench"];
/** What a row says in place of tests, with the reason. */
const NONE = /^none here: \S+(?: \S+){4}/;

/** Numbers of faults in the names of tests and groups of tests: `test("F31 F32 loses nothing"`, `])("F7 waits"`. */
export function faultNumbers(source: string): Set<number> {
  const names = source.matchAll(/\(\s*["'`]((?:F\d+ )+)/g);
  return new Set(
    [...names].flatMap(([, numbers = ""]) =>
      numbers
        .trim()
        .split(" ")
        .map((name) => Number(name.slice(1))),
    ),
  );
}

/** Everything in which the table and the tests below `base` disagree. */
export function checkFaults(base: string, faults: number = FAULTS): Problem[] {
  const tested = new Map<string, Set<number>>();
  for (const file of sourceFiles(base, PLACES)) {
    // Names in the tests of this program are none.
    if (file.startsWith("test/scripts/")) continue;
    const numbers = faultNumbers(readFileSync(join(base, file), "utf8"));
    if (numbers.size > 0) tested.set(file, numbers);
  }
  const problems: Problem[] = [];
  const problem = (line: number | undefined, message: string, level: Problem["level"] = "error"): void => {
    problems.push({ file: TABLE, ...(line !== undefined && { line }), message, level });
  };
  const rows = new Set<number>();
  const lines = readFileSync(join(base, TABLE), "utf8").split("\n");
  for (const [index, text] of lines.entries()) {
    const found = /^\| *F?(\d+) *\|(.*)\|\s*$/.exec(text);
    if (found === null) continue;
    const line = index + 1;
    const number = Number(found[1]);
    if (rows.has(number)) problem(line, `F${number} has two rows`);
    rows.add(number);
    const cell = found[2]!.split("|").at(-1)!.trim();
    if (NONE.test(cell)) continue;
    const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    if (named.length === 0) problem(line, `F${number} names no file with its tests, nor why there is "none here"`);
    for (const file of named) {
      if (!tested.get(file)?.has(number)) problem(line, `${file} has no test whose name begins with F${number}`);
    }
    for (const [file, numbers] of tested) {
      if (numbers.has(number) && !named.includes(file))
        problem(line, `F${number} is tested in ${file}, too`, "warning");
    }
  }
  for (let number = 1; number <= faults; number++) {
    if (!rows.has(number)) problem(undefined, `F${number} has no row`);
  }
  return problems;
}

if (import.meta.main) reportProblems("faults", checkFaults(root));
