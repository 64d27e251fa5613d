import { ValidationError } from "../errors/usage-errors.ts";
import { canonicalText } from "./canonical-text.ts";

/** A value of one dimension. */
export type DimensionValue = string | number | boolean | null | readonly unknown[];

/**
 * One dimension of a search space. Interface for dimensions of one's own, too.
 *
 * @typeParam T its values.
 */
export interface Dimension<T> {
  /** All values that a grid looks at, in order. */
  readonly grid: readonly T[];
  /** A value by chance: `fraction` gives numbers from 0 to below 1. */
  sample(fraction: () => number): T;
  /**
   * A value near another one; `scale`, 0 to 1, is how far of the whole range. The other one may lie outside. (Written as a
   * method, so that a dimension of some numbers is one of numbers.)
   */
  near(value: T, scale: number, fraction: () => number): T;
}

/** A dimension for each parameter that is searched. */
export type SearchSpace<P extends object> = { readonly [K in keyof P]-?: Dimension<Exclude<P[K], undefined>> };

/**
 * One of some values, such as batch sizes or names of optimizers.
 *
 * @example
 * ```ts
 * import { choice } from "tracklet/finetuning";
 *
 * console.log(choice([16, 32, 64]).grid); // [ 16, 32, 64 ]
 * ```
 */
export function choice<const T extends DimensionValue>(values: readonly T[]): Dimension<T> {
  if (!Array.isArray(values) || values.length === 0)
    throw new ValidationError(
      `Cannot search a choice as it must be a list with at least one value: current value is ${JSON.stringify(values)}`,
    );
  const pick = (fraction: () => number): T => values[Math.floor(fraction() * values.length)] as T;
  return {
    grid: values,
    sample: pick,
    near: (value, scale, fraction) => {
      const known = values.some((one) => one === value || canonicalText(one) === canonicalText(value));
      return !known || fraction() < scale ? pick(fraction) : value;
    },
  };
}

/** How a range of numbers is searched. */
export interface RangeOptions {
  /** Orders of magnitude alike, as for learning rates; the range must be above 0. @default false */
  readonly log?: boolean;
  /** Values of its grid, ends included, from 1. @default 5 */
  readonly steps?: number;
}

/**
 * Numbers from `min` to `max`, ends included.
 *
 * @example
 * ```ts
 * import { range } from "tracklet/finetuning";
 *
 * console.log(range(0.001, 0.1, { log: true, steps: 3 }).grid); // [ 0.001, 0.01, 0.1 ]
 * ```
 */
export function range(min: number, max: number, options: RangeOptions = {}): Dimension<number> {
  return numbers(min, max, options, (value) => Number(value.toPrecision(12)));
}

/**
 * Integers from `min` to `max`, ends included.
 *
 * @example
 * ```ts
 * import { integers } from "tracklet/finetuning";
 *
 * console.log(integers(1, 4).grid); // [ 1, 2, 3, 4 ]
 * ```
 */
export function integers(min: number, max: number, options: RangeOptions = {}): Dimension<number> {
  for (const end of [min, max]) {
    if (!Number.isSafeInteger(end)) throw refused("its ends must be integers", end);
  }
  return numbers(min, max, { steps: Math.min(max - min + 1, 10), ...options }, Math.round);
}

function numbers(
  min: number,
  max: number,
  { log = false, steps = 5 }: RangeOptions,
  rounded: (value: number) => number,
): Dimension<number> {
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max)
    throw refused("its ends must be finite numbers in order", `${min} to ${max}`);
  if (log && min <= 0) throw refused("with `log` it must be above 0", min);
  if (!Number.isInteger(steps) || steps < 1 || steps > 10_000)
    throw refused("its steps must be an integer from 1 to 10,000", steps);
  const to = log ? Math.log : (value: number) => value;
  const from = log ? Math.exp : (value: number) => value;
  const [low, high] = [to(min), to(max)];
  const at = (share: number): number => Math.min(max, Math.max(min, rounded(from(low + share * (high - low)))));
  const share = (value: number): number => (high === low ? 0 : (to(value) - low) / (high - low));
  const grid = Array.from({ length: steps }, (_, index) => at(steps === 1 ? 0.5 : index / (steps - 1)));
  return {
    grid: [...new Set(grid)],
    sample: (fraction) => at(fraction()),
    near: (value, scale, fraction) => {
      const here = Number.isFinite(share(value)) ? share(value) : 0.5;
      return at(Math.min(1, Math.max(0, here + (fraction() * 2 - 1) * scale)));
    },
  };
}

function refused(must: string, is: unknown): ValidationError {
  return new ValidationError(`Cannot search a range as ${must}: current value is ${String(is)}`);
}
