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
  /** Kills the first process, and stops the second one for longer than the lease, each while it holds a claim. */
  readonly disturb: boolean;
}

/** Runs it and says what is wrong: every claim must have one committed result, which is whole, and nothing else. */
export async function race({
  trackingUri,
  command,
  processes,
  claims,
  lease,
  timeout,
  disturb,
}: Race): Promise<string[]> {
  const names = Array.from({ length: claims }, (_, n) => `claim ${n}`);
  const program = new URL("./programs/racer.ts", import.meta.url);
  const children = Array.from({ length: processes }, (_, n) => {
    const racer: Racer = { trackingUri, names, lease, timeout, first: Math.floor((n * claims) / processes) };
    return new Child(command, program, [JSON.stringify(racer)]);
  });
  const problems: string[] = [];
  try {
    if (disturb) await disturbed(children, lease);
    for (const [n, child] of children.entries()) {
      const { lines, stderr, code } = await child.end;
      if (disturb && n === 0) continue;
      if (code !== 0 || lines.at(-1) !== "end") problems.push(`process ${n} ended with ${code}: ${stderr}`);
    }
  } finally {
    for (const child of children) await child.killed();
  }
  return [...problems, ...(await resultProblems(trackingUri, names))];
}

async function disturbed([dies, stops]: readonly Child[], lease: number): Promise<void> {
  if (dies === undefined || stops === undefined) throw new Error("Cannot disturb a race of fewer than two");
  await dies.line("held ");
  await dies.kill();
  await stops.line("held ");
  const pid = Number((await stops.line("up "))?.slice(3));
  process.kill(pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, lease * 2));
  process.kill(pid, "SIGCONT");
}

async function resultProblems(trackingUri: string, names: readonly string[]): Promise<string[]> {
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
    const { info, data } = await runs.get(result.runId);
    if (info.status !== "FINISHED" || info.runName !== name) problems.push(`${name} is ${info.runName} ${info.status}`);
    if (data.metrics["work"] !== result.generation) problems.push(`${name} has the work of ${data.metrics["work"]}`);
  }
  if (results.size !== names.length) problems.push(`${results.size} results of ${names.length} claims`);
  await tracker.close();
  return problems;
}
