import type { CallOptions } from "../client/types/connection.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { MetricsAccumulator } from "./metrics-accumulator.ts";
import type { RetryTable } from "./retry-table.ts";
import type { ModelSerializer } from "./serializer.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** What a call of a manager accepts in its last argument: `timeout` is milliseconds for one try of one request. */
export type FinetuningCallOptions = Pick<CallOptions, "signal" | "timeout">;

/** How several programs share one plugin. */
export interface SharedOptions {
  /** Milliseconds after which a program that shows no life may be followed, 1,000 to 3,600,000. @default 60000 */
  readonly lease?: number;
  /** Waits for a run that another program trains: `true`, or milliseconds at most. @default false */
  readonly wait?: boolean | number;
}

/**
 * What a manager is made of.
 *
 * @typeParam P parameters of a run. @typeParam M the model.
 */
export interface ExperimentsManagerOptions<P extends object, M> {
  /** Where all of it is kept; the manager does not close it. */
  readonly tracker: Tracker;
  /** Metric that tells how good a run is, as `saveMetric` gets it. */
  readonly mainMetric: string;
  /** Name of what is tuned, the first part of the names of its experiments; without ` / `. */
  readonly pluginName: string;
  /**
   * Metrics with more figures than the last value; the others need none. The manager takes copies, without their values.
   * @default none
   */
  readonly accumulators?: readonly MetricsAccumulator[];
  /** True when less is better. @default false */
  readonly isLoss?: boolean;
  /** How many runs `getTopParams` gives. @default 10 */
  readonly topRuns?: number;
  /**
   * Packages that the model needs, one per line of `model/requirements.txt`.
   * @default none, and no such file
   */
  readonly requirements?: readonly string[];
  /**
   * How requests of the manager are tried again, by kind. What it asks of the tracker (to go on with a run, a history) and
   * of claims is tried again as the tracker's options say.
   * @default 5 tries each, 500 ms and more between them
   */
  readonly retry?: RetryTable;
  /** @default `jsonSerializer()`: the model is plain data */
  readonly serializer?: ModelSerializer<M>;
  /** What parameters must look like, by any library of Standard Schema; what it gives for them must be valid input again. */
  readonly schema?: StandardSchema<P>;
  /**
   * Several programs tune this plugin at once: each run is claimed by `tracklet/claims` while it is trained. A program
   * that died is followed after its lease and the time-out of a request (30 s); until then the others are told `busy`,
   * unless they wait. @default false, for one program that begins again at once
   */
  readonly shared?: boolean | SharedOptions;
  /** What was done otherwise than asked, and why. @default a line by `console.warn` */
  readonly onNotice?: (text: string) => void;
}

/** What a manager takes over from another one may be left out. */
export type DerivedManagerOptions<P extends object, M> = Omit<ExperimentsManagerOptions<P, M>, "tracker"> & {
  readonly tracker?: Tracker;
};

/** A round of tuning: from which run it starts, and with which feedback. */
export interface FinetuningIteration {
  /** Names the feedback or data of this round; without ` / `. */
  readonly batchId: string;
  /** MLflow's id of the run whose model this round starts from. */
  readonly runId: string;
  /** @default the manager's; another one is an error */
  readonly pluginName?: string;
}

/** A value of a metric. */
export interface MetricValue {
  readonly name: string;
  readonly value: number;
  /** @default one more than the last of this metric in this run */
  readonly step?: number;
}

/** A run that stands for its iteration. */
export interface BestRun {
  /** MLflow's id; undefined while there is none. */
  readonly runId: string | undefined;
  /** True when it is the initial model's. */
  readonly isInitial: boolean;
}

/**
 * What became of `setRun`: train it (`started`, or `resumed` after a program that died), or do not, as it was trained
 * before (`finished`, `failed`) or another program is at it (`busy`).
 */
export type SetRun =
  | { readonly state: "started" | "resumed" | "finished" | "failed"; readonly runId: string }
  | { readonly state: "busy"; readonly runId: undefined };

/** What became of `saveModel`. */
export interface SavedModel {
  /** False when the best so far is better. */
  readonly saved: boolean;
  /** MLflow's id of the run that is set. */
  readonly runId: string;
  /** Run whose model was removed for this one. */
  readonly removed: string | undefined;
}
