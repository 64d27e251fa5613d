import type { CallOptions } from "../../client/types/connection.ts";
import type { MetricPoint } from "../../client/types/entities.ts";
import type { Receipt } from "../../queue/types.ts";
import type { Shown } from "../shown.ts";
import type { AlertRule } from "./alerts.ts";
import type { ArtifactOptions, ImageOptions, ImagePixels, TableData } from "./artifacts.ts";
import type { RunRequest } from "./control.ts";
import type { InputDataset, InputOptions } from "./datasets.ts";
import type { LoggedModelHandle, LogModelOptions, ModelFiles } from "./models.ts";
import type { MetricOptions, MetricSeries, ParamOptions } from "./values.ts";

/** How a run begins. */
export interface StartRunOptions {
  /** What people call it; need not be unique. @default a random one such as `calm-heron-42` */
  readonly name?: string;
  /** Name of the experiment, 1 to 500 characters; made when missing. @default that of the parent, else of the tracker */
  readonly experiment?: string;
  /** The run that this one belongs to: itself, its `localId` or MLflow's id. */
  readonly parent?: Run | string;
  /** Tags that the run is created with, on top of the tracker's; see `Run.setTag`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Parameters, nested as they are; see `Run.logParams`. */
  readonly params?: object;
  /** Markdown, shown by MLflow on the run's page. */
  readonly description?: string;
  /** Milliseconds since 1970. @default now */
  readonly startTime?: number;
  /**
   * Logs what the machine says of itself (processors, memory, disk, network, event loop, GPUs where files tell of them)
   * under MLflow's keys `system/...`, each `interval` ms.
   * @default MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING, each 10,000 ms or MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL seconds
   */
  readonly systemMetrics?: boolean | { readonly interval: number };
  /** Aborts `run.signal`; a `withRun` body that then throws the reason ends its run as KILLED. @default that of the parent for a child */
  readonly signal?: AbortSignal;
}

/** How a run ends. */
export interface EndOptions extends CallOptions {
  /**
   * `delivered` waits until the server has all of it, and rejects where it does not get it: see `Run.end()`.
   * @default "durable"
   */
  readonly until?: "durable" | "delivered";
}

/**
 * A run: one training, one evaluation, one job. What is logged goes through the queue, so these calls return at once and
 * work without a server; a value that MLflow would refuse is counted and reported, and never throws unless the tracker is
 * `strict`.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker();
 * await tracker.withRun({ name: "first", params: { lr: 0.1 } }, async (run) => {
 *   for (let epoch = 0; epoch < 3; epoch++) run.logMetric("loss", 1 / (epoch + 1));
 *   await run.logText("as good as it gets", "notes.txt");
 * });
 * ```
 */
export interface Run extends AsyncDisposable, Shown {
  /**
   * Our id: valid at once, sortable by time, accepted wherever a run id is asked for. MLflow's id where another client made
   * the run.
   */
  readonly localId: string;
  /** The name that the run was started with. */
  readonly name: string;
  /** MLflow's id, 32 hex digits, once the server has created the run. */
  runId(options?: CallOptions): Promise<string>;
  /**
   * Aborts when the signal aborts that the run (or its parent) was started with, when somebody asks the run to stop
   * (`tracker.control(id).stop()`, or the tag `mlflow.tracklet.request.stop` set in any MLflow UI; the reason is a
   * `StopRequestedError` then), and when the run has ended. Looking for requests begins with the first use of this.
   */
  readonly signal: AbortSignal;
  /**
   * Calls `listener` when somebody asks this run for something by `tracker.control(id)` or by a tag
   * `mlflow.tracklet.request.stop`, `.checkpoint` or `.param.<name>`; the run answers in a tag. The same text asks once:
   * change it to ask again. Gives the way to stop listening.
   */
  onRequest(listener: (request: RunRequest) => void): () => void;

  /** Logs one value of a metric; NaN and infinities are legal. */
  logMetric(key: string, value: number, options?: MetricOptions): void;
  /** Logs values of several metrics with one timestamp. */
  logMetrics(values: Readonly<Record<string, number>>, options?: MetricOptions): void;
  /** Logs many values of one metric. */
  logMetricSeries(key: string, series: MetricSeries): void;
  /** Logs a parameter: text as it is, other values as JSON text; at most 6,000 characters, the rest is cut with a warning. */
  logParam(key: string, value: unknown, options?: ParamOptions): void;
  /** Logs parameters; nested objects flatten to dotted keys (`optimizer.lr`). A parameter is written once. */
  logParams(params: object, options?: ParamOptions): void;
  /** Sets a tag; at most 8,000 characters, the rest is cut with a warning. The last value wins. */
  setTag(key: string, value: unknown): void;
  /** Sets several tags; one that MLflow would refuse costs itself only. */
  setTags(tags: Readonly<Record<string, unknown>>): void;
  /** Removes a tag; one that is not there changes nothing. */
  deleteTag(key: string): void;
  /** Markdown, shown by MLflow on the run's page. */
  setDescription(markdown: string): void;
  /** The figures that stand for the whole run, beside its series: numbers become metrics `summary.<key>`, others tags. */
  summary(values: object): void;
  /**
   * Watches what this run logs from now on, also offline, and alerts by a callback, a webhook and the tag
   * `mlflow.tracklet.alert.<id>`: each alert once, with the time it was so. The rule is stored with the run, in the tag
   * `mlflow.tracklet.alertRule.<id>`, so that `resumeRun()` goes on with it; who is called and posted to is not: say it
   * again with the same rule, and alerts that nobody was told of are told then. A rule that cannot work is told to
   * `onProblem`, kind `alert` (with `strict` it throws), and so is one whose metric was never logged when the run ends.
   * Metrics of the machine (`system/...`) are watched by name only.
   *
   * Tabs and processes that share a queue tell an alert once. At most it is doubled: with the same `id`, when a process dies
   * between a post and the tag that says so, or posts what an earlier one owed with no lock in common; by each of them, when
   * one logs what the other has logged more than `cooldown` before or has ended the run since, and in pages without https,
   * which have no locks. Machines that share nothing but the server each tell their own.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker();
   * await tracker.withRun({ name: "watched" }, (run) => {
   *   run.alertOn({ metric: "loss", operator: ">", value: 2, onAlert: ({ text, step }) => console.log(text, step) });
   *   run.alertOn({ metric: "val_loss", noImprovementFor: 5, text: "stop early" });
   *   run.alertOn({ notFinite: true });
   *   for (let epoch = 0; epoch < 9; epoch++) run.logMetrics({ loss: epoch / 3, val_loss: 1 });
   * });
   * ```
   */
  alertOn(rule: AlertRule): void;

  /** Writes a text file; resolves when it is persisted, as all these do. */
  logText(text: string, path: string, options?: CallOptions): Promise<void>;
  /** Writes a value as JSON, indented by two; NaN and infinities become null. */
  logJson(value: unknown, path: string, options?: CallOptions): Promise<void>;
  /** Writes a value as YAML where the path ends in `.yml` or `.yaml`, with sorted keys; as `logJson` does otherwise. */
  logDict(value: unknown, path: string, options?: CallOptions): Promise<void>;
  /**
   * Writes a table in MLflow's form (`.json`); rows logged to the same path before come first. Images in cells become files
   * in `table_images/`, which MLflow's UI shows in their places.
   *
   * The table is kept and written whole at each call. Where the server answers and has what was written here, it is asked
   * first whether another program added rows since; two that write at the same moment, or without the server, overwrite
   * each other's rows. The first call of a resumed run for a path needs the server, which alone knows what is there, and
   * rejects without it: log the rows to another path then, or again later. Rows of a call that rejected are not in the
   * table. Without the server each call adds one more copy of the whole table to the queue: log many rows at once then.
   *
   * @throws ValidationError when the run has a file there that is no table.
   */
  logTable(data: TableData, path: string, options?: CallOptions): Promise<void>;
  /**
   * Writes an image: an encoded one (PNG, JPEG, WebP, GIF, AVIF, BMP, told by its bytes), or pixels, which become a PNG.
   * With a `path` it is one file. With a `key` it is a step of a series that MLflow's UI plays back: two files in
   * `images/` under MLflow's names, the image and a copy of at most 256 pixels to a side, for PNG, WebP and pixels.
   *
   * @throws ValidationError for bytes that are no image, or not of the type that the path names.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker({ experiment: "digits" });
   * await tracker.withRun(async (run) => {
   *   const data = new Uint8Array(28 * 28).map((_, n) => n % 256);
   *   await run.logImage({ width: 28, height: 28, data }, { key: "digits", step: 1 });
   * });
   * ```
   */
  logImage(image: Blob | Uint8Array | ImagePixels, options: ImageOptions): Promise<void>;
  /** Writes an SVG (`.svg`) or a page (`.html`): its text, or an element that has one. */
  logFigure(figure: string | { readonly outerHTML: string }, path: string, options?: CallOptions): Promise<void>;
  /**
   * Writes a file into the artifact directory `artifactPath`. A string is the path of a local file (or directory), as in
   * Python; a URL is fetched unless it is a `file:` one; a Blob or bytes need a name.
   *
   * A file that changes while it is read is refused: nothing of it is kept or counted.
   *
   * What is fetched is held in memory until the queue has it, so one of more than `delivery.maxStoredBytes` (256 MiB) is
   * refused: download it and log the file, which is sent from where it lies. On a terminal a line says how far an upload of
   * 8 MiB and more is; not in Bun, which reads bodies by itself and tells nobody.
   */
  logArtifact(
    source: string | URL | Blob | Uint8Array,
    artifactPath?: string,
    options?: ArtifactOptions,
  ): Promise<void>;
  /**
   * Writes all files of a local directory, not the directory itself; links are left out.
   *
   * @throws ValidationError with all names that no artifact can have, before a file is sent.
   */
  logArtifacts(directory: string | URL, artifactPath?: string, options?: CallOptions): Promise<void>;
  /**
   * Makes a logged model of the run, with files, params and tags of its own; resolves when all is persisted. It goes through
   * the queue, so it works without a server too: the model is made once, gets its files, and is `READY` when they are there,
   * `FAILED` when one of them was refused. On MLflow 2, which has no logged models, the files go into the artifacts of the
   * run, in a folder of the model's name, and `onProblem` says so.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker();
   * await tracker.withRun(async (run) => {
   *   const model = await run.logModel({ "weights.bin": new Uint8Array(8), "labels.txt": "cat" }, { name: "net" });
   *   run.logMetric("accuracy", 0.9, { model });
   *   console.log(await model.modelId());
   * });
   * ```
   */
  logModel(files: ModelFiles, options?: LogModelOptions): Promise<LoggedModelHandle>;
  /**
   * Says which dataset the run uses. MLflow keeps a dataset (name and digest) once in a run, as it was told first: a second
   * time with another context, other tags or another source is told to `onProblem`. Use another name or digest then.
   *
   * @example
   * ```ts
   * import { openTracker } from "tracklet/local";
   *
   * await using tracker = await openTracker();
   * await tracker.withRun((run) => {
   *   const data = [{ length: 39.1, species: "Adelie" }, { length: 46.5, species: "Gentoo" }];
   *   run.logInput({ name: "penguins", data }, { context: "training" });
   * });
   * ```
   */
  logInput(dataset: InputDataset, options?: InputOptions): void;

  /** Starts a run below this one, in the same experiment unless told otherwise. */
  startChild(options?: StartRunOptions): Run;
  /** Runs `body` in a run below this one, as `Tracker.withRun` does. */
  withChild<T>(body: (run: Run) => T | Promise<T>): Promise<T>;
  withChild<T>(options: StartRunOptions, body: (run: Run) => T | Promise<T>): Promise<T>;

  /** All values of a metric, this run's own latest ones included; ordered by timestamp, step, value. */
  history(key: string, options?: ReadOptions): Promise<MetricPoint[]>;
  /**
   * Address of the run's page in MLflow's UI; undefined where no server is listening. Waits up to five seconds for the
   * run to be created.
   */
  url(options?: CallOptions): Promise<string | undefined>;
  /** What was logged, what the server acknowledged and, with `verify`, what was read back from it. */
  receipt(options?: CallOptions & { readonly verify?: boolean }): Promise<Receipt & Shown>;
  /**
   * Ends the run; resolves when all of it is durable. Rejects with `TimeoutError` after `timeout`, and then goes on in the
   * background. With `until: "delivered"` it resolves when the server has all of it. It rejects with `TimeoutError` at once
   * where nothing moves however long one waits, and goes on when a person has acted: the queue is paused, the server
   * refuses everything (wrong credentials), the run is parked, the storage fails; the message says what waits, why, and
   * what helps. And it rejects when the server refuses for good that the run ends. @default "FINISHED"
   */
  end(status?: "FINISHED" | "FAILED" | "KILLED", options?: EndOptions): Promise<void>;
}

/** How a read waits for what this tracker has not delivered yet. */
export interface ReadOptions extends CallOptions {
  /** Milliseconds to wait for own writes to arrive; 0 does not wait. @default 5000 */
  readonly freshness?: number;
}
