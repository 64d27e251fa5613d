import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Chance } from "../simulation/world/chance.ts";
import { type KillKind, live } from "./life.ts";
import { type Hits, noHits, type Phase } from "./phase.ts";
import { startServer } from "./server-process.ts";

/** How often processes of one runtime are killed. */
export interface KillSuiteOptions {
  /** Executable and flags of the runtime. */
  readonly command: readonly string[];
  readonly seed: number;
  /** Kills in each phase that are certain. */
  readonly each: number;
  /** Kills at random moments. */
  readonly random: number;
  /** Kills that one queue file sees. @default 25 */
  readonly perLife?: number;
  /** Lives at once. @default 2 */
  readonly atOnce?: number;
  /** How many times as fast the clocks of the processes are. @default 1 */
  readonly pace?: number;
  readonly trace?: (line: string) => void;
}

/** What all lives together showed. */
export interface KillReport {
  readonly hits: Hits;
  readonly kills: number;
  readonly lives: number;
  readonly runs: number;
  readonly points: number;
  readonly artifacts: number;
  readonly problems: readonly string[];
}

const CERTAIN = ["a", "b", "c", "d", "e"] as const;

/** Kills processes in every phase and at random, and counts on the server what they were promised. */
export async function killProcesses(options: KillSuiteOptions): Promise<KillReport> {
  const { command, seed, each, random, perLife = 25, atOnce = 2, pace = 1, trace } = options;
  const directory = await realpath(await mkdtemp(join(tmpdir(), "tracklet-kill-")));
  const lives = divide(shuffled(kindsOf(each, random), new Chance(seed, "order")), perLife);
  const server = await startServer(command, directory);
  const total = { hits: noHits(), kills: 0, lives: 0, runs: 0, points: 0, artifacts: 0, problems: [] as string[] };
  const waiting = [...lives.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [number, kills] = next;
      const life = {
        command,
        seed: seed + number,
        name: `life-${seed + number}`,
        kills,
        server,
        directory,
        opens: number % 2 === 1,
        pace,
      };
      const { hits, problems, ...counts } = await live({ ...life, ...(trace && { trace }) });
      for (const phase of Object.keys(hits) as Phase[]) total.hits[phase] += hits[phase];
      for (const what of ["runs", "points", "artifacts"] as const) total[what] += counts[what];
      total.kills += kills.length;
      total.lives++;
      total.problems.push(...problems);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    await server.stop();
    // What is wrong can be looked at.
    if (total.problems.length === 0) await rm(directory, { recursive: true, force: true });
    else total.problems.push(`the files are in ${directory}`);
  }
  return total;
}

function kindsOf(each: number, random: number): KillKind[] {
  const certain = CERTAIN.flatMap((kind) => Array.from({ length: each }, () => kind));
  return [...certain, ...Array.from({ length: random }, () => "random" as const)];
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(chance.int(0, rest.length - 1), 1)[0]!);
}

/** Parts of equal size, up to `most`. */
function divide<T>(list: readonly T[], most: number): T[][] {
  const parts = Math.ceil(list.length / most);
  const edge = (n: number): number => Math.floor((n * list.length) / parts);
  return Array.from({ length: parts }, (_, n) => list.slice(edge(n), edge(n + 1)));
}
