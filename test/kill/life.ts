import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readQueueFile } from "../../src/cli/queue-file.ts";
import { queueName } from "../../src/queue/queue-name.ts";
import { Chance } from "../simulation/world/chance.ts";
import { checkQueueFile, checkServer, type Logged } from "./check.ts";
import { Child, type ChildEnd } from "./child.ts";
import { checkDrain, complaintsOf, loggedOf } from "./child-report.ts";
import { Gate, type Hold, type Traffic } from "./gate.ts";
import type { LoggerJob } from "./logger-job.ts";
import { type Hits, noHits, type Phase } from "./phase.ts";
import type { Freeze } from "./programs/watch-sqlite.ts";
import { readServer } from "./server-rows.ts";
import type { ServerProcess } from "./server-process.ts";

/** A kill in a certain phase, or at a random moment. */
export type KillKind = Exclude<Phase, "idle"> | "random";

/** The life of one queue file: processes that log into it and are killed, one after the other, and one that drains it. */
export interface LifeOptions {
  /** Executable and flags of the runtime. */
  readonly command: readonly string[];
  readonly seed: number;
  /** Unique on its server. */
  readonly name: string;
  readonly kills: readonly KillKind[];
  readonly server: ServerProcess;
  readonly directory: string;
  /** Its processes open their trackers by `openTracker()`. */
  readonly opens: boolean;
  /** How many times as fast the clocks of its processes are. @default 1 */
  readonly pace?: number;
  /** Hears of each kill. */
  readonly trace?: (line: string) => void;
}

/** What a life showed. */
export interface LifeReport {
  /** Kills by the phase that was seen. */
  readonly hits: Hits;
  readonly runs: number;
  readonly points: number;
  readonly artifacts: number;
  /** What is lost, doubled, made up or miscounted. */
  readonly problems: readonly string[];
}

const LOGGER = new URL("./programs/logger.ts", import.meta.url);
/** Milliseconds after which a child is killed although the phase was not met. */
const PATIENCE = 45_000;
const LONGEST_RANDOM_LIFE = 300;
/** Milliseconds that a request of a slow child takes on its way, and its answer. */
const LONGEST_WAY = 30;
/** Milliseconds after which a request of a dead process still comes to the server, at most. */
const LATEST = 1_000;
const DRAIN = 120_000;

/** Lives one life. */
export async function live(options: LifeOptions): Promise<LifeReport> {
  const { command, seed, name, kills, server, opens, pace = 1 } = options;
  const directory = join(options.directory, name);
  await mkdir(directory);
  const gate = await Gate.open(server.url);
  const path = opens ? join(directory, ".tracklet", `${queueName(gate.url)}.db`) : join(directory, "queue.db");
  const job = { seed, path, experiment: name, trackingUri: gate.url, runs: 4, pace, ...(opens && { directory }) };
  const hits = noHits();
  const children: Logged[] = [];
  const problems: string[] = [];
  try {
    for (const [number, kind] of kills.entries()) {
      const child = `${name}-${number}`;
      // What comes when nobody is left who waits for it, nobody can mend.
      const patience = number + 1 < kills.length ? LATEST / pace : 0;
      const { end, phase } = await killOne(command, kind, { ...job, name: child }, gate, patience);
      hits[phase]++;
      options.trace?.(`${child} ${kind}: killed ${phase}`);
      children.push(loggedOf({ ...job, name: child }, end.lines));
      problems.push(...complaintsOf(child, end));
      if (end.signal !== "SIGKILL") problems.push(`${child} ended by itself with code ${end.code}: ${end.stderr}`);
    }
    gate.arm();
    const last = { ...job, name: `${name}-drain`, runs: 1, drain: DRAIN };
    options.trace?.(`${last.name} begins`);
    const child = new Child(command, LOGGER, [JSON.stringify(last)]);
    await child.line("end");
    const end = await child.killed();
    children.push(loggedOf(last, end.lines));
    problems.push(...complaintsOf(last.name, end), ...checkDrain(end.lines));
  } finally {
    await gate.close();
  }
  const found = readServer(server, name);
  problems.push(...checkServer(children, found), ...checkQueueFile(path, found));
  const sum = (count: (run: (typeof found)[number]) => number): number =>
    found.reduce((all, run) => all + count(run), 0);
  return {
    hits,
    runs: found.length,
    points: sum(({ points }) => points.length),
    artifacts: sum(({ artifacts }) => artifacts.size),
    problems: problems.map((problem) => `${name}: ${problem}`),
  };
}

/** How a kind of kill is brought about. */
interface Trap {
  readonly gate?: Hold | "down";
  readonly freeze?: Freeze;
  readonly silent?: boolean;
  /** What the child says when the moment has come. */
  readonly line?: string;
  /** Milliseconds after that. */
  readonly delay?: number;
}

function trapFor(kind: KillKind, chance: Chance, patience: number): Trap {
  const fate = chance.pick(["lost", "late"] as const);
  const after = chance.int(0, patience);
  const number = chance.int(1, 4);
  // A create is what a server does not know again by itself.
  const write = chance.may(0.3) ? { number: 1, path: "/runs/create" } : { number };
  switch (kind) {
    case "a":
      return { freeze: { at: chance.pick(["insert", "commit"]), number: chance.int(1, 5) }, line: "frozen" };
    case "b":
      return { ...(chance.may(0.5) ? { silent: true } : { gate: "down" }), line: "end", delay: chance.int(0, 20) };
    case "c":
      return { gate: { at: "request", ...write, fate, after } };
    case "d":
      if (chance.may(0.3)) return { freeze: { at: "delete", number }, line: "frozen" };
      return { gate: { at: "answer", ...write, fate } };
    case "e":
      return { gate: { at: "upload", number: 1, fate } };
    case "random":
      // Most of the time there is nothing to do: more moments are taken where there is.
      return { line: chance.pick(["up", "(", "durable"]), delay: chance.int(0, LONGEST_RANDOM_LIFE) };
  }
}

async function killOne(
  command: readonly string[],
  kind: KillKind,
  job: LoggerJob,
  gate: Gate,
  patience: number,
): Promise<{ end: ChildEnd; phase: Phase }> {
  const chance = new Chance(job.seed, `${job.name} kill`);
  const { gate: hold, freeze, silent = false, line, delay = 0 } = trapFor(kind, chance, patience);
  const slow = kind === "random" && chance.may(0.7);
  const held = gate.arm(hold, slow ? () => chance.int(0, LONGEST_WAY) : undefined);
  const runs = kind === "b" ? 1 : job.runs;
  const child = new Child(command, LOGGER, [JSON.stringify({ ...job, runs, silent, freeze })]);
  const moment = (line === undefined ? held : child.line(line)).then(() => true);
  const met = await within(PATIENCE, Promise.race([moment, child.end.then(() => false)]));
  if (met) await sleep(delay);
  const traffic = gate.traffic();
  const end = await child.killed();
  gate.letGo();
  return { end, phase: met && kind !== "random" ? kind : phaseOf(end.lines, traffic, job.path) };
}

/** Which phase a kill at a random moment met, by what was on its way and what the child and its file say. */
function phaseOf(lines: readonly string[], { uploads, writes, answered }: Traffic, path: string): Phase {
  const marks = lines.filter((line) => line === "(" || line === ")");
  if (marks.at(-1) === "(") return "a";
  if (uploads > 0) return "e";
  if (writes > 0) return "c";
  if (answered > lines.filter((line) => line === "-").length) return "d";
  return waits(path) ? "b" : "idle";
}

function waits(path: string): boolean {
  try {
    const { points, requests } = readQueueFile(path).counts.waiting;
    return points + requests > 0;
  } catch {
    // Killed before there was a queue.
    return false;
  }
}

/** True or false as `moment` says, false when it takes too long. */
async function within(ms: number, moment: Promise<boolean>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const met = await Promise.race([moment, late]);
  clearTimeout(timer);
  return met;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
