/** Files stay short: a warning at 250 lines, an error at 400, exceptions by list with their reason. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import { sourceFiles } from "./lib/source-files.ts";
import limits from "./limits.json" with { type: "json" };

/** How long a file may be, and which may be longer, with the reason. */
export interface LengthLimits {
  readonly warning: number;
  readonly error: number;
  readonly exempt: Readonly<Record<string, string>>;
}

const PLACES = ["src", "mocks", "test", "examples", "bench", "scripts", "runtime-tests"];

/** Every file below `base` that is longer than it should be, and every exception that is not needed any more. */
export function checkLengths(base: string, { warning, error, exempt }: LengthLimits): Problem[] {
  const problems: Problem[] = [];
  const files = sourceFiles(base, PLACES);
  for (const file of files) {
    const lines = readFileSync(join(base, file), "utf8").replace(/\n$/, "").split("\n").length;
    const excused = file in exempt;
    if (excused && lines <= error) {
      problems.push({
        file,
        message: `is exempt from the limit of ${error} lines but has only ${lines}: remove it from scripts/limits.json`,
      });
    } else if (!excused && lines > error) {
      problems.push({
        file,
        message: `has ${lines} lines, the limit is ${error}: split it, or give a reason in scripts/limits.json`,
      });
    } else if (!excused && lines > warning) {
      problems.push({ file, message: `has ${lines} lines, more than ${warning}`, level: "warning" });
    }
  }
  for (const file of Object.keys(exempt)) {
    if (!files.includes(file)) problems.push({ file, message: "is exempt from the length limit but does not exist" });
  }
  return problems;
}

if (import.meta.main) reportProblems("lengths", checkLengths(root, limits.lengths));
