/**
 * `npm run test:kill`: kills processes that log through a durable queue, by SIGKILL, in every phase of delivery and at
 * random moments (test/kill), and counts on the server what they were promised; then lets processes die that left a
 * backlog of a million points, and delivers it; and lets 8 processes race for 200 claims. `--only node,deno` takes a part, `--seed N` other moments, `--trace` shows
 * each kill.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { race } from "../test/claims/race.ts";
import { shapes } from "../test/kill/backlog/shape.ts";
import { runBacklog } from "../test/kill/backlog/run-backlog.ts";
import { killProcesses, type KillReport } from "../test/kill/kill-suite.ts";
import { type Hits, type Phase, phases } from "../test/kill/phase.ts";
import { commandOf, executableOf, type KilledRuntime } from "../test/kill/runtimes.ts";
import { startServer } from "../test/kill/server-process.ts";
import { backlogChromium } from "../test/page/backlog-chromium.ts";
import { killChromium } from "../test/page/kill-chromium.ts";
import { installPackage } from "./lib/install-package.ts";

/** Certain kills in each of the five phases, and random ones. */
const AMOUNTS: Record<KilledRuntime, { readonly each: number; readonly random: number }> = {
  node: { each: 24, random: 80 },
  deno: { each: 6, random: 20 },
  bun: { each: 6, random: 20 },
};
/** SIGKILLs of pages and of Chromium, and tabs that are closed. */
const CHROMIUM = { kills: 30, tabs: 5 };
/** The part of the kills that are meant to be certain that must have met their phase. */
const MET = 5 / 6;
const PARTS = [...Object.keys(AMOUNTS), "chromium", "backlog", "chromium-backlog", "claims"];
/** Processes that race for claims, with lost answers; one is killed and one stopped. */
const RACE = { processes: 8, claims: 200, lease: 5_000, timeout: 5_000, lost: 9 };
/** Megabytes by which delivering a backlog may grow a process, and the heap that V8 is given for it. */
const GROWTH = 64;
const SMALL_HEAP = ["--max-old-space-size=40", "--max-semi-space-size=1"];

const { values } = parseArgs({
  options: {
    only: { type: "string", default: PARTS.join(",") },
    seed: { type: "string", default: "1" },
    each: { type: "string" },
    random: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});
const chosen = values.only.split(",").map((name) => name.trim());
const unknown = chosen.filter((name) => !PARTS.includes(name));
if (unknown.length > 0) {
  console.error(`Cannot kill "${unknown.join(", ")}": there are ${PARTS.join(", ")}`);
  process.exit(2);
}
if (["deno", "bun", "chromium", "chromium-backlog"].some((name) => chosen.includes(name)))
  await installPackage("runtime-tests", "Deno, Bun and Chromium");

const seed = Number(values.seed);
const trace = values.trace ? { trace: (line: string): void => console.log(line) } : {};
const reports = new Map<string, Pick<KillReport, "kills" | "hits">>();
const failures: string[] = [];
for (const name of Object.keys(AMOUNTS) as KilledRuntime[]) if (chosen.includes(name)) await kill(name);
if (chosen.includes("chromium")) await killPages();
if (reports.size > 0) console.log(`\n${table(reports)}\n`);
if (chosen.includes("backlog")) await drainBacklogs();
if (chosen.includes("chromium-backlog")) await drainPageBacklogs();
if (chosen.includes("claims")) await raceForClaims();

for (const failure of failures.slice(0, 50)) console.log(`FAILED ${failure}`);
const kills = [...reports.values()].reduce((sum, report) => sum + report.kills, 0);
console.log(`${kills} kills, ${failures.length} failures (seed ${seed})`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function kill(name: KilledRuntime): Promise<void> {
  const began = performance.now();
  const { each, random } = AMOUNTS[name];
  const report = await killProcesses({
    command: commandOf(name, executableOf(name)),
    seed,
    each: Number(values.each ?? each),
    random: Number(values.random ?? random),
    ...trace,
  });
  reports.set(name, report);
  const { kills, lives, runs, points, artifacts, problems } = report;
  console.log(
    `${name}: ${kills} kills in ${lives} queue files, ${runs} runs, ${points} points and ${artifacts} artifacts ` +
      `on the server, ${problems.length} wrong, ${since(began)} s`,
  );
  failures.push(...problems.map((problem) => `${name} ${problem}`));
  expectHits(name, report.hits, Number(values.each ?? each));
}

/** A figure of kills says nothing about a phase that few of them met. */
function expectHits(name: string, hits: Hits, each: number): void {
  const least = Math.floor(each * MET);
  for (const phase of ["a", "b", "c", "d", "e"] as const) {
    if (hits[phase] < least) {
      failures.push(`${name}: ${hits[phase]} kills met the phase "${phases[phase]}", at least ${least} must`);
    }
  }
}

async function killPages(): Promise<void> {
  const began = performance.now();
  const amounts = values.each === undefined ? CHROMIUM : { kills: 5 * Number(values.each), tabs: 1 };
  const report = await killChromium({ ...amounts, seed, ...trace });
  const { kills, phases: seen, victims, runs, points, artifacts, wrong } = report;
  const { append: a, persisted: b, attempted: c, committed: d, uploading: e, idle } = seen;
  const hits = { a, b, c, d, e, idle };
  reports.set("chromium", { kills, hits });
  expectHits("chromium", hits, kills / 5);
  console.log(
    `chromium: ${kills} kills (${victims.page} of pages, ${victims.browser} of all of it), ${victims.tab} closed tabs, ` +
      `${runs} runs, ${points} points and ${artifacts} artifacts on the server, ${wrong.length} wrong, ${since(began)} s`,
  );
  failures.push(...wrong.map((problem) => `chromium ${problem}`));
}

async function drainBacklogs(): Promise<void> {
  for (const shape of shapes) {
    const began = performance.now();
    const report = await runBacklog({ command: commandOf("node"), shape, drainFlags: SMALL_HEAP });
    const { points, requests, rss, problems } = report;
    const grown = (rss.most - rss.before) / 2 ** 20;
    console.log(
      `backlog of ${shape.name}: ${points} points in ${requests} requests, grown by ${grown.toFixed(1)} MB, ` +
        `${problems.length} wrong, ${since(began)} s`,
    );
    failures.push(...problems.map((problem) => `backlog of ${shape.name}: ${problem}`));
    if (grown > GROWTH) failures.push(`backlog of ${shape.name}: grown by ${grown} MB, more than ${GROWTH}`);
  }
}

async function drainPageBacklogs(): Promise<void> {
  for (const shape of shapes) {
    const began = performance.now();
    const { points, requests, heapGrowth, wrong } = await backlogChromium(shape);
    const grown = heapGrowth / 2 ** 20;
    console.log(
      `backlog of ${shape.name} in a page: ${points} points in ${requests} requests, heap grown by ` +
        `${grown.toFixed(1)} MB, ${wrong.length} wrong, ${since(began)} s`,
    );
    failures.push(...wrong.map((problem) => `backlog of ${shape.name} in a page: ${problem}`));
    if (grown > GROWTH) failures.push(`backlog of ${shape.name} in a page: grown by ${grown} MB, more than ${GROWTH}`);
  }
}

async function raceForClaims(): Promise<void> {
  const began = performance.now();
  const directory = await mkdtemp(join(tmpdir(), "tracklet-race-"));
  const server = await startServer(commandOf("node"), directory);
  try {
    const problems = await race({ ...RACE, trackingUri: server.url, command: commandOf("node") });
    console.log(`claims: ${RACE.claims} by ${RACE.processes} processes, ${problems.length} wrong, ${since(began)} s`);
    failures.push(...problems.map((problem) => `claims: ${problem}`));
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function table(found: ReadonlyMap<string, Pick<KillReport, "hits">>): string {
  const names = [...found.keys()];
  const width = Math.max(...Object.values(phases).map((text) => text.length)) + 4;
  const row = (first: string, cells: readonly (string | number)[]): string =>
    first.padEnd(width) + cells.map((cell) => String(cell).padStart(10)).join("");
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

function since(began: number): string {
  return ((performance.now() - began) / 1_000).toFixed(1);
}
