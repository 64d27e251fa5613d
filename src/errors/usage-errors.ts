import { TrackletError } from "./tracklet-error.ts";

/** Options or environment that cannot work; the message says the cure. */
export class ConfigurationError extends TrackletError {
  override name = "ConfigurationError";
}

/** The function `auth` failed, or gave no headers that can be sent; `cause` is what it threw. */
export class CredentialsError extends ConfigurationError {
  override name = "CredentialsError";
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

/**
 * Why a storage failed: another process holds its lock (`busy`), no room (`full`), no permission or no such place
 * (`denied`), not readable any more (`damaged`), written by a newer tracklet (`newer`), no answer in time (`timeout`).
 */
export type StorageFault = "busy" | "full" | "denied" | "damaged" | "newer" | "timeout";

/** Unsent data, or a file that was downloaded, could not be kept: full disk, quota, broken file. */
export class StorageError extends TrackletError {
  override name = "StorageError";
  /** Undefined where it is not known. */
  readonly fault: StorageFault | undefined;
  constructor(message: string, options?: ErrorOptions & { fault?: StorageFault }) {
    super(message, options);
    this.fault = options?.fault;
  }
}
