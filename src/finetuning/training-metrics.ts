import type { RunData } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { ActiveRun } from "./context.ts";
import { MetricsAccumulator } from "./metrics-accumulator.ts";
import { DELETED, bestKey, lastStep, UPLOADED } from "./run-facts.ts";
import type { MetricValue } from "./types.ts";

/** The metrics of the run that is trained. */
export class TrainingMetrics {
  readonly #mainMetric: string;
  readonly #isLoss: boolean;
  readonly #accumulators = new Map<string, MetricsAccumulator>();

  constructor(
    { mainMetric, accumulators = [] }: { mainMetric: string; accumulators?: readonly MetricsAccumulator[] },
    isLoss: boolean,
  ) {
    this.#mainMetric = mainMetric;
    this.#isLoss = isLoss;
    this.#mustBeFree("make an experiments manager", mainMetric);
    for (const accumulator of accumulators) {
      const { name } = accumulator;
      this.#mustBeFree("make an experiments manager", name);
      if (this.#accumulators.has(name))
        throw new ValidationError(
          `Cannot make an experiments manager as each metric must have one accumulator: "${name}" has two`,
        );
      // One of our own, as another manager may have been given the same.
      this.#accumulators.set(name, accumulator.copy());
    }
    // So that the step of the best value is known.
    if (!this.#accumulators.has(mainMetric)) this.#accumulators.set(mainMetric, new MetricsAccumulator(mainMetric));
  }

  #mustBeFree(what: string, name: string): void {
    if (name !== UPLOADED && name !== DELETED && name !== bestKey(this.#mainMetric)) return;
    throw new ValidationError(
      `Cannot ${what} as no metric of a training may be called "${name}": the manager writes that one itself`,
    );
  }

  /** Steps go on where an earlier try of this run has stopped, so that its values do not hide ours. */
  begin(there: RunData): void {
    for (const [name, accumulator] of this.#accumulators) {
      accumulator.clear(Math.max(lastStep(there, name), lastStep(there, `nan_${name}`)) + 1);
    }
  }

  clear(): void {
    for (const accumulator of this.#accumulators.values()) accumulator.clear();
  }

  save(given: MetricValue | number, active: ActiveRun): void {
    const { name, value, step } = typeof given === "number" ? { name: this.#mainMetric, value: given } : given;
    this.#mustBeFree("save a metric", name);
    active.claim?.signal.throwIfAborted();
    const accumulator = this.#accumulators.get(name);
    const isLegal = typeof value === "number" && (step === undefined || Number.isSafeInteger(step));
    if (accumulator === undefined || !isLegal) {
      // What cannot be is put aside and reported there, as it must not end a training of hours.
      active.run.logMetric(name, value, step === undefined ? {} : { step });
      return;
    }
    for (const point of accumulator.accumulate(value, step)) {
      active.run.logMetric(point.key, point.value, { step: point.step });
      if (point.key === this.#mainMetric) this.compare(active, point.value, point.step);
    }
  }

  /** Keeps the better one. */
  compare(active: ActiveRun, value: number, step: number): void {
    const { best } = active;
    if (Number.isNaN(value)) return;
    if (best === undefined || (this.#isLoss ? value < best.value : value > best.value)) active.best = { value, step };
  }
}
