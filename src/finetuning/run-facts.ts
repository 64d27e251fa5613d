import type { RunData } from "../client/types/entities.ts";
import { hasParamTags } from "./param-text.ts";

/** Metrics that mark what became of a run's model, as people see them in MLflow's table. */
export const UPLOADED = "model_uploaded";
export const DELETED = "model_deleted";
/** Tag of a run with a model: "best" when it is there for being the best, so that it goes when a better one comes. */
export const KEPT_FOR = "mlflow.tracklet.finetuning.kept_for";
/** Tag: how the training ended, by the manager's word; the status alone may come from the end of a process. */
export const OUTCOME = "mlflow.tracklet.finetuning.outcome";

/** True when the model is whole on the server. */
export function hasModel({ data }: RunData): boolean {
  return data.metrics[UPLOADED] === 1 && data.metrics[DELETED] !== 1;
}

/** True when the model is only there until a better one comes. */
export function isForBest(run: RunData): boolean {
  return hasModel(run) && run.data.tags[KEPT_FOR] === "best";
}

/** True when somebody has begun to delete a model that was whole, and nobody has completed it. */
export function isBeingDeleted({ data }: RunData): boolean {
  const { metrics, latestMetrics } = data;
  if (metrics[UPLOADED] !== 0 || metrics[DELETED] === 1) return false;
  return latestMetrics.some(({ key, step }) => key === UPLOADED && step > 1);
}

/** The point after the last one of a marker, so that the latest value is the one that was written last. */
export function nextStep({ data }: RunData, key: string): number {
  const last = data.latestMetrics.find((point) => point.key === key);
  return last === undefined ? 0 : last.step + 1;
}

/** How a training ended; undefined while it has not, also when its process died. */
export function outcomeOf(run: RunData): "finished" | "failed" | undefined {
  const { status } = run.info;
  if (status !== "FINISHED" && status !== "FAILED") return undefined;
  // A run that another program wrote says it by its status alone.
  if (!hasParamTags(run)) return status === "FINISHED" ? "finished" : "failed";
  const word = run.data.tags[OUTCOME];
  return word === "finished" || word === "failed" ? word : undefined;
}

/** Metric that holds the best value of the main one so far. */
export function bestKey(mainMetric: string): string {
  return `best_${mainMetric}`;
}

/** The best value of the main metric; of a run that another program wrote the last one. Undefined for none, and for NaN. */
export function qualityOf({ data }: RunData, mainMetric: string): number | undefined {
  const value = data.metrics[bestKey(mainMetric)] ?? data.metrics[mainMetric];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** Runs that have a quality, best first; the earlier one first where it is equal. */
export function byQuality(
  runs: readonly RunData[],
  mainMetric: string,
  isLoss: boolean,
): { run: RunData; value: number }[] {
  const rated = runs.flatMap((run) => {
    const value = qualityOf(run, mainMetric);
    return value === undefined ? [] : [{ run, value }];
  });
  return rated.sort((a, b) => {
    const better = isLoss ? a.value - b.value : b.value - a.value;
    return better || a.run.info.startTime - b.run.info.startTime || (a.run.info.runId < b.run.info.runId ? -1 : 1);
  });
}
