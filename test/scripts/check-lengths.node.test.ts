import { expect, test } from "vitest";
import { checkLengths } from "../../scripts/check-lengths.ts";
import { temporaryFiles } from "./temporary-files.ts";

const lines = (count: number): string => "x\n".repeat(count);
const limits = {
  warning: 3,
  error: 5,
  exempt: { "src/table.ts": "a table", "src/short.ts": "no reason", "src/gone.ts": "was there" },
};

test("checkLengths() warns, fails, excuses, and finds excuses that nobody needs", () => {
  const base = temporaryFiles({
    "src/fine.ts": lines(3),
    "src/longer.ts": lines(4),
    "src/longest.ts": lines(6),
    "src/table.ts": lines(9),
    "src/short.ts": lines(1),
    "src/data.json": lines(20),
    "test/long.test.ts": lines(6),
  });
  expect(
    checkLengths(base, limits).map(({ file, level, message }) => `${level ?? "error"} ${file} ${message}`),
  ).toEqual([
    "warning src/longer.ts has 4 lines, more than 3",
    expect.stringContaining("error src/longest.ts has 6 lines, the limit is 5"),
    expect.stringContaining("error src/short.ts is exempt"),
    expect.stringContaining("error test/long.test.ts has 6 lines"),
    expect.stringContaining("error src/gone.ts is exempt from the length limit but does not exist"),
  ]);
});
