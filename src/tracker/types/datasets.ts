import type { TableData } from "./artifacts.ts";

/** Content of a dataset: a table, bytes, or a local file. Rows and columns of the same table have the same digest. */
export type DatasetData = TableData | Readonly<Record<string, ArrayLike<unknown>>> | Blob | Uint8Array | string | URL;

/** A dataset as `logInput` takes it; MLflow limits name to 500 and digest to 36 characters. */
export interface InputDataset {
  /** What people call it, 1 to 500 characters. */
  readonly name: string;
  /**
   * Its content: rows, columns, bytes, or a local file (its path, or a `file:` URL). It is read, in the background, and
   * not kept: from it come `digest`, `profile`, of a table `schema`, and of a file `source`, where they are not given.
   */
  readonly data?: DatasetData;
  /** Says which content it was, 1 to 36 characters. @default computed from `data`, else from the other fields */
  readonly digest?: string;
  /** Kind of place that `source` names, such as `http` or `s3`. @default "local" */
  readonly sourceType?: string;
  /** Where it comes from: text, or an object that becomes JSON. */
  readonly source?: string | object;
  /** Its columns and their types: text, or an object that becomes JSON. */
  readonly schema?: string | object;
  /** Figures about it, such as its number of rows: text, or an object that becomes JSON. */
  readonly profile?: string | object;
}

/** How a run used a dataset. */
export interface InputOptions {
  /** Such as `training` or `validation`: the tag `mlflow.data.context`. */
  readonly context?: string;
  /** More tags of this use of the dataset. */
  readonly tags?: Readonly<Record<string, string>>;
}
