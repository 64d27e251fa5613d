import { TrackletError } from "./tracklet-error.ts";

/** Options or environment that cannot work; the message says the cure. */
export class ConfigurationError extends TrackletError {
  override name = "ConfigurationError";
}

/** A value that MLflow would refuse or lose. */
export class ValidationError extends TrackletError {
  override name = "ValidationError";
  /** Key of the metric, param or tag, or path of the artifact. */
  readonly key: string | undefined;
  constructor(message: string, options?: ErrorOptions & { key?: string }) {
    super(message, options);
    this.key = options?.key;
  }
}

/** Unsent data could not be kept: full disk, quota, broken file. */
export class StorageError extends TrackletError {
  override name = "StorageError";
}
