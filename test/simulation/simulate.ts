import { checkEnd } from "./checks/check-end.ts";
import { Director } from "./director.ts";
import { type Mutant, none } from "./mutants.ts";
import { warmUp } from "./world/warm-up.ts";
import { Chance } from "./world/chance.ts";
import type { Plan } from "./world/plan.ts";
import { oracleServer, type SimServer } from "./world/server.ts";
import { World } from "./world/world.ts";

const EMBEDDED = 20;

/** What came of a seed. */
export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly hits: readonly (readonly [string, number])[];
  /** Equal for two simulations that went the same way. */
  readonly fingerprint: string;
  readonly server: string;
  /** Requests, and operations of the disk before the weather cleared. */
  readonly requests: number;
  readonly operations: number;
}

/** How to simulate. */
export interface SimulateOptions {
  readonly mutant?: Mutant;
  readonly trace?: (line: string) => void;
  /** Makes the embedded server, for every 20th seed. @default none: it needs a SQLite */
  readonly embedded?: (world: World, chance: Chance) => SimServer;
  /** The only thing that goes wrong, and where. @default what the seed brings */
  readonly plan?: Plan;
  /** Steps of the workload and of the world. @default 300 to 320 */
  readonly operations?: number;
}

/** Plays one seed from its start to its end, and checks it. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<SeedReport> {
  await warmUp();
  const { mutant = none, trace, embedded, plan } = options;
  const restore = mutant.patch?.();
  try {
    const chance = new Chance(seed, "server");
    const acts = chance.pick(["2.22", "3.6", "3.17"] as const);
    const server = (world: World): SimServer =>
      embedded && seed % EMBEDDED === 0
        ? embedded(world, chance)
        : oracleServer(acts, () => world.timeline.now, chance, world.book.artifacts);
    const world = new World(seed, mutant, server, trace, plan);
    const director = new Director(world);
    try {
      await director.play(options.operations ?? world.chance.int(300, 320));
      await director.finish();
      await checkEnd(world, director);
    } catch (error) {
      world.checks.broken(error);
    } finally {
      world.server.close();
    }
    const { timeline, network, disk, checks, hits } = world;
    const fingerprint = [timeline.count, timeline.now, network.count, disk.operations, world.chance.drawn].join(" ");
    return {
      seed,
      violations: checks.violations,
      hits: hits.entries(),
      fingerprint,
      server: world.server.name,
      requests: network.count,
      operations: director.operations,
    };
  } finally {
    restore?.();
  }
}
