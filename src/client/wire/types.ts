import type { LifecycleStage, RunStatus } from "../types/entities.ts";

/** A tag or param. */
export interface PairWire {
  readonly key: string;
  readonly value: string;
}

/** `mlflow.Experiment`. */
export interface ExperimentWire {
  readonly experiment_id: string;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle_stage: LifecycleStage;
  readonly creation_time?: number | undefined;
  readonly last_update_time?: number | undefined;
  readonly tags: PairWire[];
}

/** `mlflow.Metric`. */
export interface MetricWire {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** `mlflow.RunInfo`. */
export interface RunInfoWire {
  readonly run_id: string;
  readonly experiment_id: string;
  readonly run_name: string;
  readonly user_id: string;
  readonly status: RunStatus;
  readonly start_time: number;
  readonly end_time?: number | undefined;
  readonly artifact_uri: string;
  readonly lifecycle_stage: LifecycleStage;
}

/** `mlflow.DatasetInput`. */
export interface DatasetInputWire {
  readonly tags: PairWire[];
  readonly dataset: {
    readonly name: string;
    readonly digest: string;
    readonly source_type: string;
    readonly source: string;
    readonly schema?: string | undefined;
    readonly profile?: string | undefined;
  };
}

/** `mlflow.Run`. */
export interface RunWire {
  readonly info: RunInfoWire;
  readonly data: { readonly metrics: MetricWire[]; readonly params: PairWire[]; readonly tags: PairWire[] };
  readonly inputs: {
    readonly dataset_inputs: DatasetInputWire[];
    readonly model_inputs: { readonly model_id: string }[];
  };
  readonly outputs: { readonly model_outputs: { readonly model_id: string; readonly step: number }[] };
}

/** `mlflow.FileInfo`. */
export interface FileWire {
  readonly path: string;
  readonly is_dir: boolean;
  readonly file_size?: number | undefined;
}

/** The answer of `server-info`. */
export interface ServerInfoWire {
  readonly store_type?: string | undefined;
  readonly workspaces_enabled: boolean;
  readonly multipart_uploads_enabled: boolean;
  readonly multipart_downloads_enabled: boolean;
}

/** What every list answers with. */
export interface PageWire {
  readonly next_page_token?: string | undefined;
}
