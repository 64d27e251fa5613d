/** A metric point as it comes. */
export interface GivenPoint {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number | bigint;
  readonly step: number | bigint;
  /** Time of its commit. */
  readonly at: number;
}

/** A metric point as the server keeps it. */
export interface Point extends GivenPoint {
  /** What makes it the same as another one. */
  readonly name: string;
}

/** What was before a change, so that a replica that lags can answer. */
interface Before {
  readonly at: number;
  readonly undo: (run: OracleRun) => void;
}

/** A run as plain maps. */
export interface OracleRun {
  readonly id: string;
  readonly experimentId: string;
  readonly userId: string;
  readonly startTime: number | bigint;
  /** Time of its commit. */
  readonly at: number;
  name: string;
  status: string;
  endTime: number | bigint | undefined;
  deleted: boolean;
  tags: Map<string, string>;
  params: Map<string, string>;
  /** Points by key, then by `pointName`. */
  metrics: Map<string, Map<string, Point>>;
  /** Wire form by name and digest. */
  inputs: Map<string, object>;
  /** Logged models that it made, by id. */
  outputs: Map<string, { readonly step: number; readonly at: number }>;
  readonly changes: Before[];
}

/** A logged model as plain maps. */
export interface OracleModel {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly type: string;
  /** Id of the run that made it. */
  readonly source: string;
  readonly params: Map<string, string>;
  readonly tags: Map<string, string>;
  /** Time of its commit. */
  readonly at: number;
  status: "PENDING" | "READY" | "FAILED";
  deleted: boolean;
  /** Points by key, step, timestamp and run. */
  readonly metrics: Map<string, GivenPoint & { readonly run: string }>;
}

export interface OracleExperiment {
  readonly id: string;
  readonly name: string;
  deleted: boolean;
}

/** All that a backup holds. Artifacts are files: they are not in the database. */
export interface OracleState {
  experiments: Map<string, OracleExperiment>;
  runs: Map<string, OracleRun>;
  models: Map<string, OracleModel>;
}

/** A value as MLflow stores it. */
export function storedValue(value: number): number {
  if (Number.isNaN(value)) return value;
  return Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
}

/** A copy that later writes do not touch. */
export function copyState({ experiments, runs, models }: OracleState): OracleState {
  return {
    experiments: new Map([...experiments].map(([id, experiment]) => [id, { ...experiment }])),
    runs: new Map([...runs].map(([id, run]) => [id, copyRun(run)])),
    models: new Map([...models].map(([id, model]) => [id, copyModel(model)])),
  };
}

function copyModel(model: OracleModel): OracleModel {
  return { ...model, params: new Map(model.params), tags: new Map(model.tags), metrics: new Map(model.metrics) };
}

function copyRun(run: OracleRun): OracleRun {
  return {
    ...run,
    tags: new Map(run.tags),
    params: new Map(run.params),
    metrics: new Map([...run.metrics].map(([key, points]) => [key, new Map(points)])),
    inputs: new Map(run.inputs),
    outputs: new Map(run.outputs),
    changes: [...run.changes],
  };
}

/** A run as it was at a time; undefined when it was not. */
export function runAt(run: OracleRun, time: number): OracleRun | undefined {
  if (run.at > time) return undefined;
  if (!run.changes.some(({ at }) => at > time)) return run;
  const view = copyRun(run);
  for (const { at, undo } of run.changes.toReversed()) if (at > time) undo(view);
  for (const points of view.metrics.values()) for (const [name, { at }] of points) if (at > time) points.delete(name);
  return view;
}

/** Sets a tag, or deletes it, and what goes with it. */
export function changeTag(run: OracleRun, at: number, key: string, value: string | undefined): void {
  const before = run.tags.get(key);
  const { name } = run;
  if (value === undefined) run.tags.delete(key);
  else run.tags.set(key, value);
  if (key === "mlflow.runName" && value !== undefined) run.name = value;
  run.changes.push({
    at,
    undo: (view) => {
      if (before === undefined) view.tags.delete(key);
      else view.tags.set(key, before);
      view.name = name;
    },
  });
}

/** Changes a run's own fields. */
export function changeRun(
  run: OracleRun,
  at: number,
  change: Partial<Pick<OracleRun, "status" | "endTime" | "deleted">>,
): void {
  const { status, endTime, deleted } = run;
  Object.assign(run, change);
  run.changes.push({ at, undo: (view) => Object.assign(view, { status, endTime, deleted }) });
}

/** Notes a change that a view undoes by time, such as new points. */
export function noteChange(run: OracleRun, at: number): void {
  run.changes.push({ at, undo: () => {} });
}
