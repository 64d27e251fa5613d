/** Where a version stands in its life. MLflow has given stages up in favour of aliases, but still keeps them. */
export type ModelStage = "None" | "Staging" | "Production" | "Archived";
/** Whether a version can be used yet; servers other than Databricks say `READY` at once. */
export type ModelVersionStatus = "READY" | "PENDING_REGISTRATION" | "FAILED_REGISTRATION";

/** A name under which versions of one model are published. */
export interface RegisteredModel {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly creationTime: number | undefined;
  /** Milliseconds since 1970. */
  readonly lastUpdateTime: number | undefined;
  readonly description: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Which version each alias names. */
  readonly aliases: Readonly<Record<string, number>>;
  /** The version of the greatest number in each stage, without its aliases. */
  readonly latestVersions: readonly ModelVersion[];
}

/** One version of a registered model: `models:/name/version`. */
export interface ModelVersion {
  readonly name: string;
  /** Counts from 1; the number of a deleted version is never given again. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly creationTime: number | undefined;
  /** Milliseconds since 1970. */
  readonly lastUpdateTime: number | undefined;
  readonly description: string | undefined;
  readonly stage: ModelStage;
  /** Where it was registered from, such as `runs:/<run id>/model`. */
  readonly source: string;
  /** The run that made it. */
  readonly runId: string | undefined;
  /** Address of a page about that run. */
  readonly runLink: string | undefined;
  readonly user: string | undefined;
  readonly status: ModelVersionStatus;
  readonly statusMessage: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Aliases that name it. Searches and `latestVersions` of a model leave them out. */
  readonly aliases: readonly string[];
}

/** What a registered model is created with. */
export interface NewRegisteredModel {
  /** 1 to 256 characters, without "/" and ":". */
  readonly name: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What a version of a registered model is created with. */
export interface NewModelVersion {
  /**
   * Where its files are: `runs:/<run id>/path` with that `runId`, the artifact address of a run with its `runId`,
   * `models:/<model id>` with that `modelId`, `models:/name/version`, or an address in cloud storage.
   */
  readonly source: string;
  /** The run that made it. */
  readonly runId?: string;
  /** The logged model that it is (MLflow 3). */
  readonly modelId?: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Address of a page about the run. */
  readonly runLink?: string;
}

/** A version by its name and number, such as a `ModelVersion`. */
export interface ModelVersionId {
  readonly name: string;
  readonly version: number | string;
}

/** Which registered models or versions to search. */
export interface SearchRegistryQuery {
  /**
   * Conditions joined with AND; see the `filter` tag. Models: `name`, `tags.key`. Versions: `name`, `version_number`,
   * `run_id`, `source_path`, `tags.key`. @default all but prompts
   */
  readonly filter?: string;
  /** Models: `name` or `last_updated_timestamp`; versions also `version_number` and `creation_timestamp`. @default models by name, versions newest first */
  readonly orderBy?: string | readonly string[];
  /** Items of one page, 1 to 1,000. @default 100 of models, 1000 of versions */
  readonly maxResults?: number;
  /** Page to begin with. @default the first */
  readonly pageToken?: string;
}
