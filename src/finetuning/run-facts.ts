import type { RunData } from "../client/types/entities.ts";
import { INITIAL_RUN } from "./names.ts";
import { hasParamTags } from "./param-text.ts";

/** Metrics that mark what became of a run's model, as people see them in MLflow's table. */
export const UPLOADED = "model_uploaded";
export const DELETED = "model_deleted";

/** Tag: what the run is to its iteration, the hash of its parameters or `initial_model`. Its name is for people, who may change it. */
export const ROLE = "mlflow.tracklet.finetuning.run";
/**
 * Tag: the training that counts, by a text that no other one has. What a training says of itself stands in tags of its
 * own: a program that was thought dead may say it late, and then nobody asks any more.
 */
export const ATTEMPT = "mlflow.tracklet.finetuning.attempt";
const OUTCOME = "mlflow.tracklet.finetuning.outcome.";
const QUALITY = "mlflow.tracklet.finetuning.quality.";
/** Tags of a model, written in one request with its marker: whether it goes when a better one comes ("best"), */
export const KEPT_FOR = "mlflow.tracklet.finetuning.kept_for";
/** where its files are, */
export const MODEL_FOLDER = "mlflow.tracklet.finetuning.model_folder";
/** what they are, */
export const MODEL_DIGEST = "mlflow.tracklet.finetuning.model_digest";
/** and how good it is. */
export const MODEL_QUALITY = "mlflow.tracklet.finetuning.model_quality";

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

/** The last step of a metric; -1 while it has none. */
export function lastStep({ data }: RunData, key: string): number {
  return data.latestMetrics.find((point) => point.key === key)?.step ?? -1;
}

/** True for the run that holds the initial model. */
export function isInitial({ info, data }: RunData): boolean {
  return (data.tags[ROLE] ?? info.runName) === INITIAL_RUN;
}

/** True for a run that a manager has made. */
export function isManaged(run: RunData): boolean {
  return run.data.tags[ROLE] !== undefined || hasParamTags(run);
}

/** What a training says at its end, in tags of its own. */
export function outcomeTags(
  attempt: string,
  outcome: "finished" | "failed",
  quality: number | undefined,
): Record<string, string> {
  return {
    [`${OUTCOME}${attempt}`]: outcome,
    ...(quality !== undefined && { [`${QUALITY}${attempt}`]: String(quality) }),
  };
}

/**
 * How a training ended; undefined while it has not, also when its process died. Its word alone may be there before its
 * metrics, which the status follows; and the status alone may come from the end of a process, which ends open runs.
 */
export function outcomeOf(run: RunData): "finished" | "failed" | undefined {
  const { tags } = run.data;
  const { status } = run.info;
  if (isManaged(run)) {
    if (status === "RUNNING" || status === "SCHEDULED") return undefined;
    const word = tags[`${OUTCOME}${tags[ATTEMPT]}`];
    return word === "finished" || word === "failed" ? word : undefined;
  }
  // A run that another program wrote says it by its status alone.
  return status === "FINISHED" ? "finished" : status === "FAILED" ? "failed" : undefined;
}

/** True when nobody trains the run any more, as far as it says. */
export function isOver(run: RunData): boolean {
  const { status } = run.info;
  return status === "FINISHED" || status === "FAILED" || outcomeOf(run) !== undefined;
}

/** Metric that shows people the best value of the main one. */
export function bestKey(mainMetric: string): string {
  return `best_${mainMetric}`;
}

/** The best value of the main metric; of a run that another program wrote the last one. Undefined for none, and for NaN. */
export function qualityOf(run: RunData, mainMetric: string): number | undefined {
  const { tags, metrics } = run.data;
  if (isManaged(run)) return numberOf(tags[`${QUALITY}${tags[ATTEMPT]}`]);
  const value = metrics[bestKey(mainMetric)] ?? metrics[mainMetric];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** How good the model of a run is: what it was when it was saved. */
export function modelQualityOf(run: RunData, mainMetric: string): number | undefined {
  return numberOf(run.data.tags[MODEL_QUALITY]) ?? qualityOf(run, mainMetric);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** Runs that have a quality, best first; the earlier one first where it is equal. */
export function byQuality(
  runs: readonly RunData[],
  isLoss: boolean,
  quality: (run: RunData) => number | undefined,
): { run: RunData; value: number }[] {
  const rated = runs.flatMap((run) => {
    const value = quality(run);
    return value === undefined ? [] : [{ run, value }];
  });
  return rated.sort((a, b) => {
    // Not by the difference, which is NaN between infinities.
    if (a.value !== b.value) return a.value < b.value === isLoss ? -1 : 1;
    return a.run.info.startTime - b.run.info.startTime || (a.run.info.runId < b.run.info.runId ? -1 : 1);
  });
}
