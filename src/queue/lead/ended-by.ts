/** Tag of a run that did not end by itself: what ended it. */
export const ENDED_BY_TAG = "mlflow.tracklet.endedBy";
/** Its value where that was another process, in the place of a dead one. */
export const RECOVERY = "recovery";
const SUFFIX = "-recovery";

/** Id of the writer that ends runs of dead processes on behalf of a writer. */
export function recoveryWriter(writer: string): string {
  return writer + SUFFIX;
}

/** True for what a dead process did not log itself. */
export function isOfRecovery({ writer }: { readonly writer: string }): boolean {
  return writer.endsWith(SUFFIX);
}
