import type { ModelOutput } from "./logged-models.ts";

/** Active entities can be written; deleted ones can be read and restored. */
export type LifecycleStage = "active" | "deleted";
/** State of a run, in MLflow's words. */
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
/** Which lifecycle stages a search looks at. */
export type ViewType = "active" | "deleted" | "all";

/** An experiment: a named collection of runs. */
export interface Experiment {
  readonly experimentId: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  /** Milliseconds since 1970. */
  readonly creationTime: number | undefined;
  /** Milliseconds since 1970. */
  readonly lastUpdateTime: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The fixed facts of a run. */
export interface RunInfo {
  /** MLflow's id, 32 hex digits. */
  readonly runId: string;
  readonly experimentId: string;
  readonly runName: string;
  readonly userId: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** Milliseconds since 1970; undefined while it runs. */
  readonly endTime: number | undefined;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
}

/** One value of a metric. */
export interface MetricPoint {
  readonly key: string;
  /** NaN and infinities are legal; MLflow gives infinities back as +/-1.7976931348623157e308. */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

/** A metric value of a run that was measured on a logged model, or on a dataset of the run. */
export interface LinkedMetricPoint extends MetricPoint {
  /** MLflow's id of the model, which gets the value too (MLflow 3). */
  readonly modelId?: string;
  /** Name of the dataset. */
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

/** A dataset that a run used. */
export interface Dataset {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | undefined;
  readonly profile: string | undefined;
}

/** A dataset with the tags of its use, such as `mlflow.data.context`. */
export interface DatasetInput {
  readonly dataset: Dataset;
  readonly tags: Readonly<Record<string, string>>;
}

/** A run as the server tells it. */
export interface RunData {
  readonly info: RunInfo;
  readonly data: {
    /** Latest value of each metric: that of the greatest step, then timestamp, then value. */
    readonly metrics: Readonly<Record<string, number>>;
    /** The same with step and timestamp. */
    readonly latestMetrics: readonly MetricPoint[];
    readonly params: Readonly<Record<string, string>>;
    readonly tags: Readonly<Record<string, string>>;
  };
  readonly inputs: {
    readonly datasets: readonly DatasetInput[];
    /** Ids of logged models that the run used. */
    readonly models: readonly string[];
  };
  readonly outputs: {
    /** Logged models that the run made; none before MLflow 3. */
    readonly models: readonly ModelOutput[];
  };
}

/** One entry of an artifact directory. */
export interface FileInfo {
  /** Path relative to the run's artifact root, with `/`. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Bytes; undefined for a directory. */
  readonly size: number | undefined;
}

/** One `log-batch` request: at most 1,000 metrics, 100 params, 100 tags, 1,000 in all. */
export interface LogBatch {
  readonly runId: string;
  readonly metrics?: readonly LinkedMetricPoint[];
  readonly params?: readonly { readonly key: string; readonly value: string }[];
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}
