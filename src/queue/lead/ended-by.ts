/** Tag of a run that did not end by itself: what ended it. */
export const ENDED_BY_TAG = "mlflow.tracklet.endedBy";
/** Its value where that was another process, in the place of a dead one. */
export const RECOVERY = "recovery";
