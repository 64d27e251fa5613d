import type { DatasetInput, MetricPoint } from "../client/types/entities.ts";
import { hasRules } from "./alerts/has-rules.ts";
import type { Core } from "./core.ts";
import { inputConflict } from "./dataset-input.ts";
import { ENDED_BY_TAG } from "../queue/lead/ended-by.ts";
import { LateAlerts } from "./late-alerts.ts";
import { modelsOfRun } from "./log-model.ts";
import { replaceAtEnd, replacedBy } from "./replaced-runs.ts";
import type { LoggedArtifact, RunHandle, RunSeed } from "./run.ts";

/** What earlier processes have logged to a run that is gone on with, from wherever it is known. */
export interface EarlierRun {
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The latest point of each metric. */
  readonly latest: readonly MetricPoint[];
  /** The greatest step of each metric, where more is known than `latest`. */
  readonly steps?: ReadonlyMap<string, number>;
  readonly inputs: readonly DatasetInput[];
  history(key: string): Promise<readonly MetricPoint[]>;
}

/** A handle for a run that is not open here; its status is RUNNING again. */
export function goOnWith(core: Core, seed: RunSeed, earlier: EarlierRun): RunHandle {
  const { params, tags, latest, steps = [], inputs } = earlier;
  const handle = core.handleOf(seed);
  for (const [key, value] of Object.entries(params)) handle.params.known(key, value);
  for (const { key, step } of latest) handle.metrics.reached(key, step);
  for (const [key, step] of steps) handle.metrics.reached(key, step);
  for (const input of inputs) inputConflict(handle.inputs, input);
  handle.loggedArtifacts = readList(tags["mlflow.loggedArtifacts"]);
  replaceAtEnd(core, handle, replacedBy(tags));
  if (hasRules(tags)) handle.alerts = new LateAlerts(core, handle, earlier);
  for (const id of [seed.localId, ...modelsOfRun(core, seed.localId)]) core.guard.givenUp.delete(id);
  core.queue.updateRun(seed.localId, { status: "RUNNING" });
  // It is not over.
  if (tags[ENDED_BY_TAG] !== undefined) core.queue.deleteTag(seed.localId, ENDED_BY_TAG);
  return handle;
}

function readList(text: string | undefined): LoggedArtifact[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((entry) => typeof entry?.path === "string") : [];
  } catch {
    return [];
  }
}
