import type { CallOptions } from "../../client/types/connection.ts";

/** Files of a model: a local directory (or one file), or texts, Blobs and bytes by their path in the model. */
export type ModelFiles = string | URL | Readonly<Record<string, string | Blob | Uint8Array>>;

/** What a logged model is made with. */
export interface LogModelOptions extends CallOptions {
  /** Need not be unique; without `/ : . % " '`. @default "model" */
  readonly name?: string;
  /** What kind of model it is, in your own words: MLflow's `model_type`. */
  readonly type?: string;
  /** Step of the run at which it was made. @default 0 */
  readonly step?: number;
  /** Parameters of the model, nested as they are; see `Run.logParams`. */
  readonly params?: object;
  readonly tags?: Readonly<Record<string, unknown>>;
}

/** A model that was logged, on the server or on its way there. */
export interface LoggedModelHandle {
  /** Our id: valid at once; on the server it is the tag `mlflow.tracklet.modelId`. */
  readonly localId: string;
  readonly name: string;
  /**
   * MLflow's id, `m-` and 32 hex digits, once the server has created it: Python loads the files of `models:/<id>`.
   * Rejects with a ConfigurationError on MLflow 2, which has no logged models.
   */
  modelId(options?: CallOptions): Promise<string>;
}
