import type { CallOptions, Connection } from "../../client/types/connection.ts";
import type { Experiment, FileInfo, MetricPoint, RunData, ViewType } from "../../client/types/entities.ts";
import type { FlushOptions, FlushReport, QueueStatus } from "../../queue/types.ts";
import type { RunTable } from "../run-table-types.ts";
import type { Shown } from "../shown.ts";
import type { RunControl } from "./control.ts";
import type { ComparedField, DataTable, HistoryRow } from "../table-types.ts";
import type { Quarantine } from "./quarantine.ts";
import type { ReadOptions, Run, StartRunOptions } from "./run.ts";

/** Which runs `searchRuns` gives. */
export interface SearchRunsOptions extends ReadOptions {
  /** Names of experiments. @default the tracker's */
  readonly experiments?: readonly string[];
  /** All active experiments; deleted ones too where `view` asks for deleted runs. */
  readonly allExperiments?: boolean;
  /**
   * Only what is below this run, at any depth, by the tag `mlflow.rootRunId` that runs of this library carry: a root, by
   * itself or by either id. Its experiment is searched, unless others are named.
   */
  readonly root?: Run | string;
  /** MLflow's search language, such as `metrics.val_loss < 0.1 AND params.optimizer = 'adam'`. */
  readonly filter?: string;
  /** Such as `metrics.val_loss ASC`; several in order of weight. */
  readonly orderBy?: string | readonly string[];
  /** Whether deleted runs are looked for. @default "active" */
  readonly view?: ViewType;
  /** Rows at most, from 1; what lies beyond is told by `truncated`. @default 1000 */
  readonly maxResults?: number;
}

/** How `findOrStartRun` finds. */
export interface FindOrStartRunOptions extends StartRunOptions, CallOptions {
  /** Required here: what the run is found by, in its experiment and below its parent. */
  readonly name: string;
  /**
   * What happens when there is one: `reuse` goes on with it, `replace` starts a new one and deletes the old when the new
   * is FINISHED and delivered, `date-suffix` starts one with a name of its own. @default "reuse"
   */
  readonly ifExists?: "reuse" | "replace" | "date-suffix";
  /**
   * What happens without a server's answer: an error, or (`start`) the run of that name that waits in the queue or is open
   * in this tracker, started or found by that name, else a new one. Of another run that the server has nothing is known
   * then: there may be two of the name. A server that is known to be away, or is not the only one to know, is asked once.
   * @default "reject"
   */
  readonly ifUnreachable?: "reject" | "start";
}

/** A run with the runs below it, oldest first. */
export interface RunNode {
  readonly run: RunData;
  readonly children: readonly RunNode[];
}

/** A run that is found by its name, the latest active one where several have it. */
export interface RunByName {
  readonly name: string;
  /** Name of the experiment. @default that of the parent, else of the tracker */
  readonly experiment?: string;
  /** The run that it belongs to: itself, its `localId` or MLflow's id. */
  readonly parent?: Run | string;
}

/** An experiment that a tracker has set. */
export interface CurrentExperiment extends Experiment, Shown {
  /** True when it did not exist before. */
  readonly created: boolean;
}

/** How much of an artifact is read. */
export interface OpenArtifactOptions extends ReadOptions {
  /**
   * Bytes, counted from 0, both ends included; rejects with an `HttpError` (416) that tells the size of the file where none
   * of them is in it. @default all; MLflow before 3 sends all (status 200 instead of 206)
   */
  readonly range?: { readonly start: number; readonly end?: number };
}

/** Where downloaded artifacts go. */
export interface DownloadOptions extends ReadOptions {
  /** A local directory; made when missing. */
  readonly to: string;
}

/** How data gets to the server. */
export interface TrackerQueue {
  /** What waits, what went and what could not, now. */
  status(): QueueStatus;
  /** Calls `listener` after changes; returns the way to stop. */
  subscribe(listener: (status: QueueStatus) => void): () => void;
  /** What can never be delivered as it is: to look at, to export, to try again, to forget. */
  readonly quarantine: Quarantine;
  /**
   * Sends nothing until `resume()`; logging goes on. Without a server there is nothing to hold up: what is logged goes into
   * the local store at once, which is told.
   */
  pause(): void;
  /**
   * Sends again, and tries again what was parked: runs that the server did not let anybody write, once what `onProblem`
   * told of them is mended, such as a deleted run that was restored.
   */
  resume(): void;
  /**
   * Gives a run up, by either id: all that waits of it and of its logged models is dropped, and counted as dropped in its
   * receipt. What the server has of it stays there. Open here, it is over: what is logged to it or to its models from then
   * on is refused as after `close()`, and told once, and `run.end()` does nothing. Its children are runs of their own and
   * go on. What another program logs to it later counts; `resumeRun()` has it go on here, if the server has it.
   * Resolves when that is done; while nothing is sent, when it is durable that it will be.
   *
   * @throws ValidationError when nothing waits of such a run, and none was sent from here.
   * @example
   * ```ts
   * import { createTracker } from "tracklet";
   *
   * const tracker = createTracker({
   *   trackingUri: "http://localhost:5000",
   *   onProblem({ kind, message }) {
   *     if (kind === "run-parked") console.warn(message); // a person decides: mend it and resume(), or
   *   },
   * });
   * const run = tracker.startRun();
   * await tracker.queue.discardRun(run.localId);
   * await tracker.close();
   * ```
   */
  discardRun(run: string, options?: CallOptions): Promise<void>;
}

/**
 * Experiment tracking on one MLflow server. Logging works without the server's answer, reading needs it.
 * Every call that takes a run id accepts `run.localId` and MLflow's.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 *
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", experiment: "lesson" });
 * await tracker.withRun({ name: "first" }, (run) => run.logMetric("loss", 0.1));
 * const { pending } = await tracker.flush();
 * ```
 */
export interface Tracker extends AsyncDisposable {
  /** Starts a run, at once and without network. Bad options throw; no fault of a server does. */
  startRun(options?: StartRunOptions): Run;
  /** Runs `body` in a run that ends FINISHED, or FAILED when the body throws, which is thrown on. */
  withRun<T>(body: (run: Run) => T | Promise<T>): Promise<T>;
  withRun<T>(options: StartRunOptions, body: (run: Run) => T | Promise<T>): Promise<T>;
  /**
   * Finds an active run by name, or starts it: a job that begins anew after a crash goes on with its run. Found is also
   * what waits in the queue, of whatever process, or is open here: first of all while the queue is paused, else where the
   * server has not heard of it or does not answer. Without an answer it rejects with `NetworkError`, unless told to start anyway.
   * Trackers, tabs and processes that share a queue file or a local store start no second run while they can tell (see
   * `ifUnreachable`); machines that share nothing but a server may, in the moment between search and start:
   * `findOrStartRun(tracker, options)` of `tracklet/claims` keeps those apart too.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker({ experiment: "folds" });
   * const sweep = await tracker.findOrStartRun({ name: "sweep" });
   * const fold = await tracker.findOrStartRun({ name: "fold 1", parent: sweep, ifExists: "replace" });
   * await fold.end(); // now the fold of an earlier sweep is deleted
   * await sweep.end();
   * ```
   */
  findOrStartRun(options: FindOrStartRunOptions): Promise<Run>;
  /**
   * Goes on with a run, by either id or by name: its status is RUNNING again, its steps go on where they were. A run that no
   * server has yet is known from what waits of it in the queue, of whatever process. By name the latest one that is active;
   * the server is asked first, unless the queue is paused. A run that is open in this tracker is given as it is, the same
   * object: two handles would count its steps each for themselves.
   */
  resumeRun(run: string | RunByName, options?: CallOptions): Promise<Run>;
  /**
   * The run of the innermost `withRun` or `withChild` around this call, also in parallel code in Node, Deno, Bun and Workers.
   * Pages cannot follow a call across an `await`: while two bodies overlap there of which none is the other's parent, it is
   * undefined rather than a wrong one.
   */
  activeRun(): Run | undefined;
  /** Makes an experiment the one for the runs started from now on: by name, created if missing, or one there is by MLflow's id. */
  setExperiment(
    which: string | { readonly id: string },
    options?: CallOptions & { readonly artifactLocation?: string; readonly tags?: Readonly<Record<string, string>> },
  ): Promise<CurrentExperiment>;

  /** Asks a run, also of another program or machine, to stop, to save, or to change a parameter. */
  control(id: string): RunControl;

  /** Runs as a table of flat rows. */
  searchRuns(options?: SearchRunsOptions): Promise<RunTable>;
  getRun(id: string, options?: ReadOptions): Promise<RunData>;
  getMetricHistory(id: string, key: string, options?: ReadOptions): Promise<MetricPoint[]>;
  /**
   * The metrics of runs as one long table, a row for each value: run by run, all metrics or those named.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker({ experiment: "lesson" });
   * const { rows } = await tracker.searchRuns({ maxResults: 3 });
   * const ids = rows.map((row) => row.run_id);
   * if (ids.length > 0) console.log(await tracker.getMetricHistories(ids, "val_loss"));
   * ```
   */
  getMetricHistories(
    ids: string | readonly string[],
    keys?: string | readonly string[],
    options?: ReadOptions,
  ): Promise<DataTable<HistoryRow>>;
  /**
   * Runs side by side, a row for each param, metric, status and own tag: those that differ first, and params before the
   * others.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker({ experiment: "lesson" });
   * const a = await tracker.withRun({ name: "a", params: { lr: 0.1, layers: 2 } }, (run) => run.localId);
   * const b = await tracker.withRun({ name: "b", params: { lr: 0.2, layers: 2 } }, (run) => run.localId);
   * const compared = await tracker.compareRuns([a, b]);
   * console.log(compared.filter((row) => row.differs).rows);
   * // [ { field: "params.lr", differs: true, a: "0.1", b: "0.2" } ]
   * ```
   */
  compareRuns(ids: readonly string[], options?: ReadOptions): Promise<DataTable<ComparedField>>;
  /**
   * A run and all below it, in its experiment, as nested objects: one search by the tag `mlflow.rootRunId`. Deleted runs
   * are left out; what is below one hangs from the nearest run above it that is not deleted.
   */
  runTree(id: string, options?: ReadOptions): Promise<RunNode>;
  /** One artifact directory of a run, not what is below its directories. */
  listArtifacts(id: string, path?: string, options?: ReadOptions): Promise<FileInfo[]>;
  /** The file, or a range of its bytes, as a response: `text()`, `json()`, `blob()` or a stream. */
  openArtifact(id: string, path: string, options?: OpenArtifactOptions): Promise<Response>;
  /**
   * Writes a file, a directory or (undefined) all artifacts of a run below `to`; gives the local path. A file streams to
   * disk under a temporary name, what an interruption left out is asked for again, and a terminal shows how far it is.
   */
  downloadArtifacts(id: string, path: string | undefined, options: DownloadOptions): Promise<string>;

  /** Delivers what was logged so far, in manual mode too, and says what is left; `timeout` bounds all of it. */
  flush(options?: FlushOptions): Promise<FlushReport & Shown>;
  readonly queue: TrackerQueue;
  /** Where the server is: what `createClient` takes. Holds the credentials, but shows and writes them nowhere. */
  readonly connection: Connection;
  /**
   * Ends open runs as FINISHED, delivers (memory queue, at most `timeout`, by default `delivery.exitTimeout`) or makes all
   * durable, and lets go of everything; `timeout` bounds all of it. What is logged afterwards is refused and told once.
   */
  close(options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<FlushReport & Shown>;
}
