/** Set on a run to find out whether the server takes writes, and deleted at once: nobody wants it to stay. */
export const PROBE_TAG = "mlflow.tracklet.probe";
