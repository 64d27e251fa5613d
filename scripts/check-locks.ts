/** `npm install` must leave every lock file as it is: a lock that changes on another machine is no lock. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import { runCommand } from "./lib/run-command.ts";

/** What npm would change in the lock files of these folders; the files are put back. */
export async function checkLocks(base: string, folders: readonly string[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const folder of folders) {
    const directory = join(base, folder);
    const path = join(directory, "package-lock.json");
    const before = readFileSync(path, "utf8");
    const { code, output } = await runCommand(
      "npm",
      ["install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"],
      { cwd: directory },
    );
    const after = readFileSync(path, "utf8");
    if (after !== before) writeFileSync(path, before);
    const file = join(folder, "package-lock.json");
    if (code !== 0) problems.push({ file, message: `npm install failed:\n${output}` });
    else if (after !== before)
      problems.push({ file, message: "does not fit package.json: run npm install and commit the lock file" });
  }
  return problems;
}

if (import.meta.main) reportProblems("locks", await checkLocks(root, [".", "runtime-tests", "scripts"]));
