import { TrackletError } from "../errors/tracklet-error.ts";

/** What cannot be done in this iteration: none is set, it is the initial one, it is another plugin's, or it is gone. */
export class IterationError extends TrackletError {
  override name = "IterationError";
}

/** There is no run set, or one that has to be finished first. */
export class NoRunError extends TrackletError {
  override name = "NoRunError";
}

/** A run has no value of the metric that its quality is told by. */
export class MissingMetricError extends TrackletError {
  override name = "MissingMetricError";
  /** The metric. */
  readonly metric: string;
  constructor(message: string, metric: string, options?: ErrorOptions) {
    super(message, options);
    this.metric = metric;
  }
}

/** Parameters that the schema refuses, or that cannot be written as text and read back the same. */
export class ParamsError extends TrackletError {
  override name = "ParamsError";
}
