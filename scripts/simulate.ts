/**
 * `npm run simulate -- --seeds 2000 --from 0`: plays seeds of the simulator (test/simulation) in worker threads, prints
 * how often each kind of request met each outcome, and for each failing seed the command that replays it.
 * `npm run simulate -- --seeds 1 --from N --trace` prints all that happens; `--mutant NAME` plays a faulty queue.
 * `npm run simulate -- --sweep` plays one fixed workload again and again, each time with one fault at one operation.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { mutants, none } from "../test/simulation/mutants.ts";
import { nameOf, plans, play } from "../test/simulation/sweep.ts";
import { simulate, type SeedReport } from "../test/simulation/simulate.ts";
import { embeddedServer } from "../test/simulation/world/embedded-server.ts";
import { Hits } from "../test/simulation/world/hits.ts";

/** Seeds that a worker is given at once. */
const BLOCK = 5;
/** From so many seeds on each kind of request must have met each outcome. */
const ENOUGH = 2_000;
const SHOWN = 20;
/** Most of what a seed makes is garbage at its end: with more room, little of it is ever copied. */
const YOUNG_MB = 96;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "0" },
    workers: { type: "string", default: String(availableParallelism()) },
    mutant: { type: "string", default: none.name },
    trace: { type: "boolean", default: false },
    sweep: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const seeds = count("seeds", values.seeds, 1);
const from = count("from", values.from, 0);
const workers = count("workers", values.workers, 1);
const mutant = [none, ...mutants].find(({ name }) => name === values.mutant);
if (!mutant) {
  const names = mutants.map(({ name }) => `"${name}"`).join(", ");
  console.error(`Cannot simulate the mutant "${values.mutant}": there are ${names}`);
  process.exit(2);
}

const hits = new Hits();
const failed: SeedReport[] = [];
const began = performance.now();
let played = 0;

if (values.sweep) {
  for (const plan of await plans()) {
    const name = nameOf(plan);
    if (values.only !== undefined && values.only !== name) continue;
    take(await play(plan, { mutant, ...(values.trace && { trace: (line) => console.log(line) }) }), name);
  }
} else if (values.trace) {
  for (let seed = from; seed < from + seeds; seed++) {
    take(await simulate(seed, { mutant, embedded: embeddedServer, trace: (line) => console.log(line) }));
  }
} else await playAll();

console.log(`\n${hits}\n`);
const zeros = seeds >= ENOUGH && mutant === none && !values.sweep ? hits.zeros() : [];
for (const zero of zeros) console.log(`FAILED no ${zero} in ${seeds} seeds`);
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage();
const cpu = (user + system) / 1_000 / played;
console.log(
  `${played} seeds, ${hits.total} requests, ${failed.length} seeds failed, ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} ms of CPU a seed`,
);
process.exitCode = failed.length > 0 || zeros.length > 0 ? 1 : 0;

/** Has workers play all seeds, some at a time. */
async function playAll(): Promise<void> {
  let next = from;
  const end = from + seeds;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("lib/simulate-worker.ts", import.meta.url), {
        workerData: mutant?.name,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      });
      const give = (): void => {
        const block = Array.from({ length: Math.min(BLOCK, end - next) }, (_, n) => next + n);
        next += block.length;
        if (block.length > 0) worker.postMessage(block);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("message", (reports: readonly SeedReport[]) => {
        for (const report of reports) take(report);
        give();
      });
      worker.on("error", reject);
      give();
    });
  await Promise.all(Array.from({ length: Math.min(workers, Math.ceil(seeds / BLOCK)) }, work));
}

function take(report: SeedReport, plan?: string): void {
  played++;
  hits.merge(report.hits);
  if (report.violations.length > 0) {
    failed.push(report);
    if (failed.length <= SHOWN) show(report, plan);
  }
  if (played % 500 === 0 && !values.sweep && played < seeds)
    console.log(`${played} of ${seeds} seeds, ${failed.length} failed`);
}

function show({ seed, server, violations }: SeedReport, plan?: string): void {
  const which = plan === undefined ? `--seeds 1 --from ${seed}` : `--sweep --only "${plan}"`;
  console.log(`FAILED ${plan ?? `seed ${seed}`} (${server}): npm run simulate -- ${which} --trace`);
  for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`);
}

function count(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  console.error(`Cannot simulate as --${name} must be a whole number from ${least}: current value is "${text}"`);
  process.exit(2);
}
