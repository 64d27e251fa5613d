/**
 * `npm run test:kill`: kills processes that log through a durable queue, by SIGKILL, in every phase of delivery and at
 * random moments (test/kill), and counts on the server what they were promised. `--only node,deno` takes a part,
 * `--seed N` other moments, `--trace` shows each kill.
 */
import { parseArgs } from "node:util";
import { killProcesses, type KillSuiteReport } from "../test/kill/kill-suite.ts";
import { type Phase, phases } from "../test/kill/phase.ts";
import { commandOf, executableOf, type KilledRuntime } from "../test/kill/runtimes.ts";
import { installPackage } from "./lib/install-package.ts";

/** Certain kills in each of the five phases, and random ones. */
const AMOUNTS: Record<KilledRuntime, { readonly each: number; readonly random: number }> = {
  node: { each: 24, random: 80 },
  deno: { each: 6, random: 20 },
  bun: { each: 6, random: 20 },
};

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(AMOUNTS).join(",") },
    seed: { type: "string", default: "1" },
    each: { type: "string" },
    random: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});
const chosen = values.only.split(",").map((name) => name.trim());
const unknown = chosen.filter((name) => !(name in AMOUNTS));
if (unknown.length > 0) {
  console.error(`Cannot kill "${unknown.join(", ")}": there are ${Object.keys(AMOUNTS).join(", ")}`);
  process.exit(2);
}
if (chosen.some((name) => name !== "node")) await installPackage("runtime-tests", "Deno, Bun and Chromium");

const seed = Number(values.seed);
const reports = new Map<string, KillSuiteReport>();
const failures: string[] = [];
for (const name of chosen as KilledRuntime[]) {
  const began = performance.now();
  const { each, random } = AMOUNTS[name];
  const report = await killProcesses({
    command: commandOf(name, executableOf(name)),
    seed,
    each: Number(values.each ?? each),
    random: Number(values.random ?? random),
    ...(values.trace && { trace: (line: string): void => console.log(line) }),
  });
  reports.set(name, report);
  const { kills, lives, runs, points, artifacts, problems } = report;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(
    `${name}: ${kills} kills in ${lives} queue files, ${runs} runs, ${points} points and ${artifacts} artifacts ` +
      `on the server, ${problems.length} wrong, ${seconds} s`,
  );
  failures.push(...problems.map((problem) => `${name} ${problem}`));
}

console.log(`\n${table(reports)}\n`);
for (const failure of failures.slice(0, 50)) console.log(`FAILED ${failure}`);
const kills = [...reports.values()].reduce((sum, report) => sum + report.kills, 0);
console.log(`${kills} kills, ${failures.length} failures (seed ${seed})`);
process.exitCode = failures.length === 0 && kills > 0 ? 0 : 1;

function table(found: ReadonlyMap<string, KillSuiteReport>): string {
  const names = [...found.keys()];
  const width = Math.max(...Object.values(phases).map((text) => text.length)) + 4;
  const row = (first: string, cells: readonly (string | number)[]): string =>
    first.padEnd(width) + cells.map((cell) => String(cell).padStart(8)).join("");
  return [
    row("killed", names),
    ...(Object.keys(phases) as Phase[]).map((phase) =>
      row(
        phase === "idle" ? phases.idle : `${phase}  ${phases[phase]}`,
        names.map((name) => found.get(name)!.hits[phase]),
      ),
    ),
  ].join("\n");
}
