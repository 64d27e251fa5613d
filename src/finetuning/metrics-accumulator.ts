import { keyProblem } from "../client/limits.ts";
import { ValidationError } from "../errors/usage-errors.ts";

/** Which figures an accumulator keeps beside the last value. */
export interface AccumulatorOptions {
  /** Mean of all values so far, as `mean_<name>`. @default false */
  readonly mean?: boolean;
  /** Mean of the last `windowSize` values, as `sliding_<name>`. @default false */
  readonly sliding?: boolean;
  /** Smallest value so far, as `min_<name>`. @default false */
  readonly min?: boolean;
  /** Greatest value so far, as `max_<name>`. @default false */
  readonly max?: boolean;
  /** Values of the sliding mean, 1 to 100,000. @default 10 */
  readonly windowSize?: number;
}

/** One figure to log. */
export interface AccumulatedPoint {
  /** The metric's name, or that with a prefix such as `mean_`. */
  readonly key: string;
  /** Never NaN. */
  readonly value: number;
  /** That of the value it was made of. */
  readonly step: number;
}

/**
 * Turns the values of one metric into the figures that are logged: the last one, and by option the mean, a sliding mean,
 * the minimum and the maximum, each with the step of the value. A NaN is counted in `nan_<name>` and spoils none of them.
 * Memory is bounded by the window.
 *
 * @throws ValidationError for a name that MLflow would refuse, or a window that cannot be.
 *
 * @example
 * ```ts
 * import { MetricsAccumulator } from "tracklet/finetuning";
 *
 * const loss = new MetricsAccumulator("loss", { mean: true, min: true });
 * loss.accumulate(0.5);
 * console.log(loss.accumulate(0.3));
 * // loss 0.3, mean_loss 0.4, min_loss 0.3, each on step 1
 * ```
 */
export class MetricsAccumulator {
  /** The metric. */
  readonly name: string;
  readonly #options: AccumulatorOptions;
  readonly #latest: Float64Array;
  #step = 0;
  #count = 0;
  #nan = 0;
  #mean = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(name: string, options: AccumulatorOptions = {}) {
    const problem = typeof name === "string" ? keyProblem(`sliding_${name}`) : "be text";
    if (problem !== undefined || name === "")
      throw new ValidationError(
        `Cannot accumulate a metric as its name must ${problem ?? "not be empty"}: current value is ${JSON.stringify(name)}`,
      );
    const { windowSize = 10 } = options;
    if (!Number.isInteger(windowSize) || windowSize < 1 || windowSize > 100_000)
      throw new ValidationError(
        `Cannot accumulate "${name}" as windowSize must be an integer from 1 to 100,000: current value is ${String(windowSize)}`,
      );
    this.name = name;
    this.#options = options;
    this.#latest = new Float64Array(options.sliding ? windowSize : 0);
  }

  /** A new one with the same settings and no values. */
  copy(): MetricsAccumulator {
    return new MetricsAccumulator(this.name, this.#options);
  }

  /** Values that were NaN. */
  get nanCount(): number {
    return this.#nan;
  }

  /**
   * Takes a value and gives what is to be logged.
   *
   * @param step Where it stands. @default one more than the last
   */
  accumulate(value: number, step: number = this.#step): AccumulatedPoint[] {
    if (typeof value !== "number")
      throw new ValidationError(
        `Cannot accumulate "${this.name}" as a value must be a number: current value is ${String(value)}`,
      );
    if (!Number.isSafeInteger(step))
      throw new ValidationError(
        `Cannot accumulate "${this.name}" as the step must be an integer: current value is ${String(step)}`,
      );
    this.#step = Math.min(step + 1, Number.MAX_SAFE_INTEGER);
    const point = (prefix: string, figure: number): AccumulatedPoint => ({
      key: `${prefix}${this.name}`,
      value: figure,
      step,
    });
    if (Number.isNaN(value)) return [point("nan_", ++this.#nan)];
    this.#take(value);
    const { mean, sliding, min, max } = this.#options;
    const points = [
      point("", value),
      ...(mean ? [point("mean_", this.#mean)] : []),
      ...(sliding ? [point("sliding_", this.#sliding())] : []),
      ...(min ? [point("min_", this.#min)] : []),
      ...(max ? [point("max_", this.#max)] : []),
    ];
    // Opposite infinities have no mean.
    return points.filter(({ value: figure }) => !Number.isNaN(figure));
  }

  /** Forgets all values; the next step is `step`. */
  clear(step = 0): void {
    this.#step = step;
    this.#count = 0;
    this.#nan = 0;
    this.#mean = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  #take(value: number): void {
    if (this.#latest.length > 0) this.#latest[this.#count % this.#latest.length] = value;
    this.#count++;
    // Not by a sum, which overflows and loses digits. Infinities stay what they are.
    const step = value - this.#mean;
    this.#mean = Number.isFinite(step)
      ? this.#mean + step / this.#count
      : value / this.#count + (this.#mean / this.#count) * (this.#count - 1);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  #sliding(): number {
    const count = Math.min(this.#count, this.#latest.length);
    let mean = 0;
    for (let index = 0; index < count; index++) mean += (this.#latest[index] ?? 0) / count;
    return mean;
  }
}
