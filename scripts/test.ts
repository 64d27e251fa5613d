/**
 * `npm test`: the suite in Node, Deno, Bun, Chromium and workerd, each of which first proves that it is the one
 * claimed. `npm test -- --only node,deno test/queue` runs a part.
 */
import { parseArgs } from "node:util";
import leftOutByName from "../runtime-tests/left-out.json" with { type: "json" };
import { RUNTIMES, type RuntimeReport } from "../runtime-tests/report.ts";
import { type RuntimeDefinition, runtimes } from "../runtime-tests/runtimes.ts";
import { installPackage } from "./lib/install-package.ts";
import { root } from "./lib/root.ts";
import { sourceFiles } from "./lib/source-files.ts";
import { hasOwnCommand } from "./lib/test-names.ts";
import {
  type Counts,
  countTests,
  LEAST_SHARE,
  lastLine,
  leftOut,
  neutralTests,
  neutralTotal,
  slowest,
} from "./lib/test-summary.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: RUNTIMES.join(",") },
    timeout: { type: "string", default: "1500" },
    verbose: { type: "boolean", default: false },
  },
});

const wanted = values.only.split(",").map((name) => name.trim());
const unknown = wanted.filter((name) => !RUNTIMES.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`Cannot run the tests in "${unknown.join(", ")}": the runtimes are ${RUNTIMES.join(", ")}`);
  process.exit(2);
}

const chosen = runtimes.filter(({ id }) => wanted.includes(id));
if (chosen.some(({ id }) => id !== "node")) await installPackage("runtime-tests", "Deno, Bun, workerd and Chromium");

const whole = positionals.length === 0;
const allFiles = sourceFiles(root, ["test"], [".test.ts"]).filter((file) => !hasOwnCommand(file));
const reports: RuntimeReport[] = [];
for (const runtime of chosen) reports.push(await runOne(runtime));

const problems: string[] = [];
const total = neutralTotal(reports);
if (whole && total !== undefined && total > 0) {
  for (const report of reports) {
    const share = neutralTests(report) / total;
    console.log(`${report.runtime}: ${neutralTests(report)} of ${total} neutral tests (${Math.floor(share * 100)} %)`);
    if (share < LEAST_SHARE)
      problems.push(`${report.runtime} ran less than ${LEAST_SHARE * 100} % of the neutral tests`);
  }
} else if (whole && total === undefined) {
  console.log("share of the neutral tests: not checked, as Node was not run");
}
for (const problem of problems) console.log(`FAILED ${problem}`);

const counts: Counts = countTests(reports);
const failed = counts.failed + problems.length;
console.log(lastLine({ ...counts, failed }));
process.exitCode = failed === 0 && counts.passed > 0 ? 0 : 1;

async function runOne(runtime: RuntimeDefinition): Promise<RuntimeReport> {
  console.log(`\n${runtime.id} ...`);
  const began = performance.now();
  const report = await runtime.run({
    filters: positionals,
    timeout: Number(values.timeout) * 1000,
    ...(values.verbose ? { onOutput: (text: string): boolean => process.stdout.write(text) } : {}),
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (report.error !== undefined) console.log(indent(`FAILED ${report.error.slice(-6000)}`));
  for (const file of report.files) {
    for (const { name, message } of file.failures) {
      console.log(`FAILED ${file.file} > ${name}`);
      if (report.details === undefined) console.log(indent(message));
    }
  }
  if (report.details !== undefined) console.log(indent(report.details));
  if (report.proof === undefined) console.log(`FAILED nothing proved that this was ${runtime.id}`);
  const { passed, failed, skipped } = countTests([report]);
  console.log(
    `${report.proof ?? runtime.id}: ${passed + failed} tests of ${report.files.length} files in ${seconds} s: ` +
      `${passed} ok, ${failed} wrong, ${skipped} passed over`,
  );
  if (whole) {
    console.log(`  longest:\n${indent(slowest(report, 8).join("\n"), "    ")}`);
    const named: Record<string, Record<string, string>> = leftOutByName;
    for (const { reason, files } of leftOut(report, allFiles, named[runtime.id])) {
      console.log(`  left out ${files.length} (${reason}):`);
      console.log(indent(files.join("\n"), "    "));
    }
  }
  return report;
}

function indent(text: string, by = "  "): string {
  return text.replace(/^/gm, by);
}
