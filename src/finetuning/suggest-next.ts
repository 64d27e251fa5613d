import { ValidationError } from "../errors/usage-errors.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import { canonicalText } from "./canonical-text.ts";
import type { SearchSpace } from "./search-space.ts";

/** What an optimizer goes by. */
export interface OptimizerInput<P extends object> {
  /** Parameters of earlier runs, best first. */
  readonly previous: readonly P[];
  /** Where to look. */
  readonly space: SearchSpace<P>;
  /** Numbers from 0 to below 1. */
  readonly fraction: () => number;
}

/**
 * A way to look for better parameters: gives them one by one, for as long as it is asked; repeats and what was tried are
 * left out by `suggestNext`.
 */
export type Optimizer<P extends object> = (input: OptimizerInput<P>) => Iterable<P>;

/** How `suggestNext` looks for parameters. */
export interface SuggestOptions<P extends object> {
  /** How many, from 1. @default 10 */
  readonly count?: number;
  /**
   * `grid` walks all combinations in order, `random` takes any, `local` varies the best ones, first a little and then more;
   * or an optimizer of one's own. @default "local", and "random" while there is no previous one
   */
  readonly by?: "grid" | "random" | "local" | Optimizer<P>;
  /** Chance that repeats itself. @default another one each time */
  readonly seed?: number;
  /** Parameters that are not to be suggested, on top of `previous`. */
  readonly exclude?: readonly P[];
}

/** How often in a row an optimizer may give what is known already. */
const PATIENCE = 1000;

/**
 * Parameters for the next iteration, from the best of the last one (`getTopParams`); all different, none of them tried.
 *
 * @returns At most `count`; fewer where the space has no more.
 *
 * @example
 * ```ts
 * import { choice, range, suggestNext } from "tracklet/finetuning";
 *
 * const space = { lr: range(1e-4, 1e-1, { log: true }), optimizer: choice(["adam", "sgd"]) };
 * const first = suggestNext<{ lr: number; optimizer: "adam" | "sgd" }>([], space, { count: 6, seed: 1 });
 * const next = suggestNext(first.slice(0, 2), space, { count: 4, seed: 2 });
 * console.log(first.length, next.length); // 6 4
 * ```
 */
export function suggestNext<P extends object>(
  previous: readonly P[],
  space: SearchSpace<P>,
  options: SuggestOptions<P> = {},
): P[] {
  const { count = 10, by = previous.length === 0 ? "random" : "local", seed, exclude = [] } = options;
  if (!Number.isInteger(count) || count < 1)
    throw new ValidationError(
      `Cannot suggest parameters as count must be an integer from 1: current value is ${String(count)}`,
    );
  if (Object.keys(space).length === 0)
    throw new ValidationError("Cannot suggest parameters as the space must have at least one dimension");
  const optimizer = typeof by === "function" ? by : optimizers[by];
  if (optimizer === undefined)
    throw new ValidationError(
      `Cannot suggest parameters as by must be "grid", "random", "local" or a function: current value is ${String(by)}`,
    );
  const known = new Set([...previous, ...exclude].map(canonicalText));
  const suggested: P[] = [];
  let repeats = 0;
  for (const params of optimizer({ previous, space, fraction: chance(seed) })) {
    const text = canonicalText(params);
    if (known.has(text)) {
      if (++repeats >= PATIENCE && by !== "grid") break;
      continue;
    }
    repeats = 0;
    known.add(text);
    suggested.push(params);
    if (suggested.length === count) break;
  }
  return suggested;
}

const optimizers = { grid, random, local };

function* grid<P extends object>({ space }: OptimizerInput<P>): Generator<P> {
  const keys = Object.keys(space) as (keyof P & string)[];
  const places = keys.map(() => 0);
  for (;;) {
    yield Object.fromEntries(keys.map((key, index) => [key, space[key].grid[places[index] ?? 0]])) as P;
    let turn = keys.length - 1;
    while (turn >= 0 && (places[turn] ?? 0) + 1 >= space[keys[turn] as keyof P].grid.length) places[turn--] = 0;
    if (turn < 0) return;
    places[turn] = (places[turn] ?? 0) + 1;
  }
}

function* random<P extends object>({ space, fraction }: OptimizerInput<P>): Generator<P> {
  for (;;) yield params(space, (key) => space[key].sample(fraction));
}

/** The best one most often; farther away with each round, so that it leaves a place where all is known. */
function* local<P extends object>({ previous, space, fraction }: OptimizerInput<P>): Generator<P> {
  for (let turn = 0; ; turn++) {
    const from = previous[Math.floor(fraction() ** 2 * previous.length)];
    const scale = Math.min(1, 0.1 + turn / 200);
    yield params(space, (key) => {
      const value = from?.[key];
      return value === undefined
        ? space[key].sample(fraction)
        : space[key].near(value as Exclude<P[keyof P], undefined>, scale, fraction);
    });
  }
}

function params<P extends object>(space: SearchSpace<P>, value: (key: keyof P) => unknown): P {
  return Object.fromEntries(Object.keys(space).map((key) => [key, value(key as keyof P)])) as P;
}

/** mulberry32 from a seed, else the platform's. */
function chance(seed: number | undefined): () => number {
  if (seed === undefined) return () => defaultRuntime().random.fraction();
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
