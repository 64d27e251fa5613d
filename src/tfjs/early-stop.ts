import { ValidationError } from "../errors/usage-errors.ts";
import type { TfjsLogs } from "./types.ts";

/** When a training is stopped before its last epoch. */
export interface EarlyStopOptions {
  /** Which figure. @default "val_loss" */
  readonly monitor?: string;
  /** Epochs without improvement that are borne. @default 0 */
  readonly patience?: number;
  /** What counts as an improvement. @default 0 */
  readonly minDelta?: number;
  /** Whether less or more is better. @default "max" where the figure is an accuracy, else "min" */
  readonly mode?: "min" | "max";
}

/** Judges epoch by epoch whether to go on. */
export class EarlyStop {
  readonly #monitor: string;
  readonly #patience: number;
  readonly #minDelta: number;
  readonly #sign: 1 | -1;
  #best = Number.POSITIVE_INFINITY;
  #bestEpoch: number | undefined;
  #stopped: number | undefined;

  constructor({ monitor = "val_loss", patience = 0, minDelta = 0, mode }: EarlyStopOptions) {
    if (!(Number.isInteger(patience) && patience >= 0)) throw wrong("patience must be an integer from 0", patience);
    if (!(minDelta >= 0)) throw wrong("minDelta must be a number from 0", minDelta);
    if (mode !== undefined && mode !== "min" && mode !== "max") throw wrong('mode must be "min" or "max"', mode);
    this.#monitor = monitor;
    this.#patience = patience;
    this.#minDelta = minDelta;
    this.#sign = (mode ?? (/acc/i.test(monitor) ? "max" : "min")) === "max" ? -1 : 1;
  }

  /** Says why to stop after this epoch; undefined to go on. */
  judge(epoch: number, logs: TfjsLogs | undefined): string | undefined {
    const value = logs?.[this.#monitor];
    if (value === undefined) {
      const known = Object.keys(logs ?? {}).join(", ");
      throw wrong(`monitor must be a figure of the training (${known})`, this.#monitor);
    }
    // NaN is never an improvement.
    if (value * this.#sign < this.#best - this.#minDelta) {
      this.#best = value * this.#sign;
      this.#bestEpoch = epoch;
      return undefined;
    }
    if (epoch - (this.#bestEpoch ?? -1) <= this.#patience) return undefined;
    this.#stopped = epoch;
    const since = this.#bestEpoch === undefined ? "" : ` since epoch ${this.#bestEpoch}`;
    return `early stopping: no better ${this.#monitor}${since}`;
  }

  /** What a run says of it in the end. */
  summary(): Record<string, number> {
    return {
      ...(this.#bestEpoch !== undefined && { best_epoch: this.#bestEpoch }),
      ...(this.#stopped !== undefined && { stopped_epoch: this.#stopped }),
    };
  }
}

function wrong(rule: string, value: unknown): ValidationError {
  return new ValidationError(`Cannot stop a training early as ${rule}: current value is ${String(value)}`);
}
