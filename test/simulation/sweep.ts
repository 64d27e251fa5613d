import { FAULTS } from "./world/faults.ts";
import { type Plan, PLANS } from "./world/plan.ts";
import { MANNERS } from "./world/sharing.ts";
import { simulate, type SeedReport, type SimulateOptions } from "./simulate.ts";

/** The seed whose workload every fault meets, and its steps. */
const SEED = 4;
const OPERATIONS = 40;

/**
 * Everything that can go wrong once, with one process and with two that share a disk in each manner: each fault of the
 * network at each request, each of the machine at each operation.
 */
export async function plans(): Promise<readonly Plan[]> {
  const found: Plan[] = [];
  for (const manner of ["alone", ...MANNERS] as const) {
    const { requests, operations } = await play({ name: "nothing", at: 0, manner });
    for (const name of FAULTS) for (let at = 1; at <= requests; at++) found.push({ name, at, manner });
    for (const name of PLANS) for (let at = 1; at <= operations; at++) found.push({ name, at, manner });
  }
  return found;
}

/** What `--only` names. */
export function nameOf({ name, at, manner = "alone" }: Plan): string {
  return `${manner}: ${name}@${at}`;
}

/** Plays the fixed workload with one thing that goes wrong. */
export function play(plan: Plan, options: SimulateOptions = {}): Promise<SeedReport> {
  return simulate(SEED, { operations: OPERATIONS, ...options, plan });
}
