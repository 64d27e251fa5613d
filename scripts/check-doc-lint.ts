/**
 * `deno doc --lint` of the entries that are given: every type that the public API names must be public itself, with an
 * explicit type. Fields without a doc comment are counted, not refused: their names often say it all.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Problem, reportProblems } from "./lib/problem.ts";
import { root } from "./lib/root.ts";
import { runCommand } from "./lib/run-command.ts";

/** Types of other packages that our surface names on purpose. */
const FOREIGN = ["HttpHandler"];

/** One diagnostic of `deno doc --lint`. */
export interface DocDiagnostic {
  readonly rule: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
}

/** Reads what `deno doc --lint` prints without colours. */
export function readDiagnostics(output: string): DocDiagnostic[] {
  return [...output.matchAll(/^error\[([\w-]+)\]: (.*)\n\s*--> (.*?):(\d+):\d+$/gm)].map(
    ([, rule, message, file, line]) => ({
      rule: rule ?? "",
      message: message ?? "",
      file: file ?? "",
      line: Number(line),
    }),
  );
}

/** A member of an interface or class: indented, and no declaration of its own. */
function isMember(lineOfCode: string): boolean {
  return /^\s+/.test(lineOfCode) && !/^\s*export\b/.test(lineOfCode);
}

if (import.meta.main) {
  const deno = join(root, "runtime-tests", "node_modules", ".bin", "deno");
  const { code, output } = await runCommand(deno, ["doc", "--lint", ...process.argv.slice(2)], {
    env: { NO_COLOR: "1" },
  });
  const problems: Problem[] = [];
  let members = 0;
  for (const { rule, message, file, line } of readDiagnostics(output)) {
    const text = readFileSync(file, "utf8").split("\n")[line - 1] ?? "";
    const foreign = FOREIGN.some((name) => message.endsWith(`references private type '${name}'`));
    if (rule === "private-type-ref" && foreign) continue;
    if (rule === "missing-jsdoc" && isMember(text)) members++;
    else problems.push({ file: relative(root, file), line, message: `${message} (${rule})` });
  }
  if (code !== 0 && problems.length === 0 && members === 0)
    problems.push({ file: "deno doc", message: output.slice(-3000) });
  console.log(`${members} fields without a doc comment`);
  reportProblems("doc-lint", problems);
}
