import { createClient } from "../../src/client/index.ts";
import { committed } from "../../src/claims/index.ts";
import { createTracker } from "../../src/index.ts";
import { Child } from "../kill/child.ts";

/** What one process of a race is told. */
export interface Racer {
  readonly trackingUri: string;
  readonly names: readonly string[];
  /** Milliseconds. */
  readonly lease: number;
  /** Milliseconds of one request: a dead holder is followed after lease and time-out. */
  readonly timeout: number;
  /** Which name it tries first. */
  readonly first: number;
  /** Each how many-th answer to a write is lost; 0 for none. */
  readonly lost: number;
  /** Holds the first claim that it gets until it loses it. */
  readonly holds: boolean;
}

/** A race of processes for claims. */
export interface Race {
  readonly trackingUri: string;
  /** Executable and flags of the runtime. */
  readonly command: readonly string[];
  readonly processes: number;
  readonly claims: number;
  readonly lease: number;
  readonly timeout: number;
  /** Each how many-th answer to a write of each process is lost; 0 for none. */
  readonly lost: number;
}

/**
 * Runs it and says what is wrong: every claim must have one committed result, which is whole, and nothing else. The first
 * process is killed and the second one stopped for longer than the lease, each while it holds a claim, which another one
 * must follow.
 */
export async function race({ trackingUri, command, processes, claims, lease, timeout, lost }: Race): Promise<string[]> {
  const names = Array.from({ length: claims }, (_, n) => `claim ${n}`);
  const program = new URL("./programs/racer.ts", import.meta.url);
  const start = (n: number): Child => {
    const first = Math.floor((n * claims) / processes);
    const racer: Racer = { trackingUri, names, lease, timeout, first, lost, holds: n < 2 };
    return new Child(command, program, [JSON.stringify(racer)]);
  };
  const [dies, stops] = [start(0), start(1)];
  const children = [dies, stops];
  const problems: string[] = [];
  // Of whom the claims were that somebody must follow.
  const followed = new Set<string>();
  try {
    for (const child of children) {
      const line = await child.line("held ");
      if (line === undefined) return [`a process has ended before it held a claim: ${(await child.end).stderr}`];
      followed.add(line.slice("held ".length));
    }
    // Only now, so that there is something left to hold for the two.
    for (let n = 2; n < processes; n++) children.push(start(n));
    await dies.kill();
    await stopped(stops, lease * 2);
    for (const [n, child] of children.entries()) {
      const { lines, stderr, code } = await child.end;
      if (child === dies) continue;
      if (code !== 0 || lines.at(-1) !== "end") problems.push(`process ${n} ended with ${code}: ${stderr}`);
      if (child === stops && !lines.includes("lost")) problems.push("the stopped process has not lost its claim");
    }
  } finally {
    for (const child of children) await child.killed();
  }
  return [...problems, ...(await resultProblems(trackingUri, names, followed))];
}

/** Stops a process for so many milliseconds. */
async function stopped(child: Child, ms: number): Promise<void> {
  const pid = Number((await child.line("up "))?.slice("up ".length));
  process.kill(pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, ms));
  process.kill(pid, "SIGCONT");
}

async function resultProblems(
  trackingUri: string,
  names: readonly string[],
  followed: ReadonlySet<string>,
): Promise<string[]> {
  const tracker = createTracker({ trackingUri, experiment: "race" });
  const { runs } = createClient(tracker);
  const problems: string[] = [];
  const results = new Set<string>();
  for (const name of names) {
    const result = await committed(tracker, name);
    if (result === undefined) {
      problems.push(`${name} has no committed result`);
      continue;
    }
    results.add(result.runId);
    if (followed.has(name) && result.generation < 2) problems.push(`${name} was held, and nobody has followed`);
    const { info, data } = await runs.get(result.runId);
    if (info.status !== "FINISHED" || info.runName !== name) problems.push(`${name} is ${info.runName} ${info.status}`);
    if (data.metrics["work"] !== result.generation) problems.push(`${name} has the work of ${data.metrics["work"]}`);
  }
  if (results.size !== names.length) problems.push(`${results.size} results of ${names.length} claims`);
  await tracker.close();
  return problems;
}
