import type { CheckedRule, Condition } from "./checked-rule.ts";

/** A value of a metric as the judges see it. */
export interface Sight {
  readonly key: string;
  readonly value: number;
  readonly at: number;
  readonly step: number;
}

/**
 * Whether a rule alerts, from what it has seen and nothing else. It alerts when it has held for `records` looks in a row,
 * is armed, and `cooldown` has passed since its last alert; then it is not armed until it does not hold once.
 */
export class RuleJudge {
  readonly #rule: CheckedRule;
  #held = 0;
  #armed = true;
  /** Time of the last alert. */
  last: number | undefined;
  /** The best value so far of a trend, and the step from which on it got no better. */
  #best: number | undefined;
  #bestStep: number | undefined;
  /** Metrics whose latest value is not finite. */
  readonly #bad = new Set<string>();

  constructor(rule: CheckedRule) {
    this.#rule = rule;
  }

  /** True when this value makes it alert. */
  take(sight: Sight): boolean {
    return this.look(this.#holds(this.#rule.condition, sight), sight.at);
  }

  /** The same for what is not about a value. */
  look(holds: boolean, at: number): boolean {
    if (!holds) {
      this.#held = 0;
      this.#armed = true;
      return false;
    }
    this.#held++;
    if (!this.#armed || this.#held < this.#rule.records) return false;
    // A clock that was set back silences nobody.
    if (this.last !== undefined && at >= this.last && at - this.last < this.#rule.cooldown) return false;
    this.#armed = false;
    this.last = at;
    return true;
  }

  /** What an earlier process has told already is not told again: the rule is armed once it does not hold. */
  standsSince(at: number): void {
    this.last = at;
    this.#armed = false;
    this.#held = this.#rule.records;
  }

  /** Metrics that an earlier process left without a finite value. */
  wasNotFinite(keys: Iterable<string>): void {
    for (const key of keys) this.#bad.add(key);
  }

  #holds(condition: Condition, { key, value, step }: Sight): boolean {
    switch (condition.kind) {
      case "threshold":
        return compares(value, condition.operator, condition.value);
      case "trend": {
        const { goal, minDelta, steps } = condition;
        // Of an earlier process an infinity comes back as the greatest double, which no infinity is better than.
        const stored = Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
        const better = goal === "min" ? -stored : stored;
        if (!Number.isNaN(better) && (this.#best === undefined || better > this.#best + minDelta)) {
          this.#best = better;
          this.#bestStep = Math.max(step, this.#bestStep ?? step);
        }
        this.#bestStep ??= step;
        return step - this.#bestStep >= steps;
      }
      case "not-finite":
        if (isFiniteValue(value)) this.#bad.delete(key);
        else this.#bad.add(key);
        return this.#bad.size > 0;
      default:
        return false;
    }
  }
}

/** MLflow keeps infinity as the greatest double. */
export function isFiniteValue(value: number): boolean {
  return Math.abs(value) < Number.MAX_VALUE;
}

function compares(a: number, operator: string, b: number): boolean {
  switch (operator) {
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case "==":
      return a === b;
    default:
      return a !== b;
  }
}
