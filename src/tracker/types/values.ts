import type { LoggedModelHandle } from "./models.ts";

/** Where a metric value stands. */
export interface MetricOptions {
  /** An integer, negatives allowed. @default one more than the run's last step for that key, 0 at first */
  readonly step?: number;
  /** Milliseconds since 1970. @default now */
  readonly timestamp?: number;
  /** The logged model that it was measured on, which gets the value too. MLflow keeps one for each step and timestamp. */
  readonly model?: LoggedModelHandle;
}

/** Values of one metric as columns of one length. */
export interface MetricSeries {
  /** Integers, one for each value. */
  readonly steps: ArrayLike<number>;
  /** NaN and infinities are legal. */
  readonly values: ArrayLike<number>;
  /** Milliseconds since 1970. @default now, for all */
  readonly timestamps?: ArrayLike<number>;
}

/** How values that are not text become a parameter. */
export interface ParamOptions {
  /** `json`: `true`, `null`, `[1,2]`; `python`: `True`, `None`, `[1, 2]`, as MLflow's Python client writes them. @default "json" */
  readonly format?: "json" | "python";
}
