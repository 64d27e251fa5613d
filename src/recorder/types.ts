import type { CallOptions } from "../client/types/connection.ts";
import type { DeliveryOptions, FlushReport } from "../queue/types.ts";
import type { AlertRule } from "../tracker/types/alerts.ts";
import type { InputDataset } from "../tracker/types/datasets.ts";
import type { Run } from "../tracker/types/run.ts";
import type { MetricOptions } from "../tracker/types/values.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { EnvironmentOptions, PackageRequirements } from "./environment/types.ts";

/** `ONLINE`: what is recorded is sent by itself; `OFFLINE`: it is kept until somebody switches, or `tracklet sync` sends it; webhooks of alerts go out all the same. Without a server both are one: it goes into the local store, which `OFFLINE` tells. */
export type RecorderMode = "ONLINE" | "OFFLINE";

/** What a recorder asks of the tracker that it opens. */
export interface RecorderSettings {
  /** The recorder's project. */
  readonly experiment?: string;
  /** The recorder's four settings of the queue. */
  readonly delivery?: DeliveryOptions;
}

/** What is recorded, and how. */
export interface RecorderOptions {
  /**
   * What opens a tracker, such as `openTracker` of `tracklet/local` or `tracklet/browser`; the recorder closes what it has
   * opened. Or a tracker that is open: it stays so, it has its own settings, and `mode` holds up all that it logs.
   */
  readonly tracker: Tracker | ((settings: RecorderSettings) => Tracker | Promise<Tracker>);
  /** What people call the recording: the name of the run. */
  readonly name: string;
  /** Name of the experiment, made when missing. @default the tracker's */
  readonly project?: string;
  /** Markdown, shown by MLflow on the run's page. */
  readonly notes?: string;
  /** What is trained or tested on; a text is its name. */
  readonly dataset?: string | InputDataset;
  /** Kind of model: the type of the placeholder, and the tag `mlflow.tracklet.modelClass`. */
  readonly modelClass?: string;
  /** Parameters, nested as they are. */
  readonly hyperParameters?: object;
  /** Anything else, as tags. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * What is kept of the environment as artifacts below `environment` and as tags, so that `recreateEnvironment` can make
   * it again: runtime, machine, command line, a few variables, packages with their lock file, git's commit and what
   * differs from it. Secrets are not. `false`: nothing. @default all of it, of the project around the script
   */
  readonly environment?: false | EnvironmentOptions;
  /** `ONLINE` said so has a tracker that is open and paused send again. @default "ONLINE"; "OFFLINE" on a tracker that is open and paused */
  readonly mode?: RecorderMode;
  /** Points of one request, 1 to 1,000. @default 1000 */
  readonly batchSize?: number;
  /** Milliseconds after which records are made durable and sent. @default 1000 */
  readonly batchProcessingInterval?: number;
  /** Milliseconds that one request may take. @default 120000 */
  readonly registerBatchTimeout?: number;
  /** Milliseconds that `stop()` may wait for the last data to be sent. @default 10000 */
  readonly syncDataTimeout?: number;
}

/** What the server has told of a recording. */
export interface RecordingIds {
  /** MLflow's id of the run. */
  readonly runId: string;
  /** MLflow's id of the placeholder model; undefined on MLflow 2, which has none. */
  readonly modelId: string | undefined;
  /** Address of the project's page; undefined where no server is listening. */
  readonly experimentUrl: string | undefined;
}

/** A recording that is registered: here at once, on the server as soon as there is one. */
export interface Recording {
  /** Ours, valid at once and after a crash; accepted wherever an id of a run is. */
  readonly recordingId: string;
  /** MLflow's id of the model that stands for what comes of this recording; undefined until the server has told it. */
  readonly modelId: string | undefined;
  /** Address of the project's page; undefined until it is known, and where no server is listening. */
  readonly experimentUrl: string | undefined;
  /** The run, for all that a recorder has no word for. */
  readonly run: Run;
  /** Waits until the server has told all of them; rejects with `NetworkError` after `timeout`. */
  ids(options?: CallOptions): Promise<RecordingIds>;
}

/** The figures that stand for a recording, beside its series; and any others. */
export interface RecordingSummary {
  readonly trainingAccuracy?: number;
  readonly validationAccuracy?: number;
  readonly trainingLoss?: number;
  readonly validationLoss?: number;
  /** Number of epochs. */
  readonly epochs?: number;
  readonly [name: string]: unknown;
}

/** How a recording ends. */
export type RecordingStatus = "FINISHED" | "FAILED" | "KILLED";

/**
 * One recording: a training or an evaluation with all that belongs to it. Register, start, add records, stop; or `record`,
 * which does the four. What is added is safe where the tracker's queue is, and needs no server.
 */
export interface Recorder extends AsyncDisposable {
  /** Makes the recording, without waiting for any server. The second call gives the first one's recording. */
  register(options?: CallOptions): Promise<Recording>;
  /**
   * Goes on with a recording that exists: by either id, or by this recorder's name and project. What was recorded before
   * stays; steps go on where they were, and what this recorder says of it is added. Needs no network where all of the
   * recording still waits in the queue of the tracker, such as one that was begun OFFLINE; by name the latest of them.
   * One of which a part was sent needs the server's answer, or this recorder to be OFFLINE and its id; what was sent of
   * parameters and values is not known then.
   */
  attach(recordingId?: string, options?: CallOptions): Promise<Recording>;
  /** Begins to record; registers, if that was not done. */
  start(options?: CallOptions): Promise<Recording>;
  /** Adds values of metrics. @throws ValidationError before `start()` and after `stop()` */
  addRecord(values: Readonly<Record<string, number>>, options?: MetricOptions): void;
  /** Adds parameters, nested as they are. @throws ValidationError before `register()` and after `stop()` */
  addHyperParameters(params: object): void;
  /**
   * Adds packages that the recording needs beside those of its project, or other versions of those that were added: for
   * `recreateEnvironment`. @throws ValidationError before `register()`, after `stop()`, and for what is no package
   */
  upsertPackageRequirements(packages: PackageRequirements): void;
  /** Sets figures of the whole recording: numbers become metrics `summary.<name>`, others tags. */
  summary(values: RecordingSummary): void;
  /** Alerts as `run.alertOn()` does; also before `register()`. @throws ValidationError for a rule that cannot work */
  attachAlertOn(rule: AlertRule): void;
  /** Sends from now on, or does not; nothing is lost or doubled by it. */
  setMode(mode: RecorderMode): void;
  /** `OFFLINE` while nothing is sent, whoever of those who share the tracker said so; without a server `ONLINE`. */
  readonly mode: RecorderMode;
  /**
   * Ends the recording, and sends what is left, for at most `syncDataTimeout`. The report says what is still left.
   * An `await using` block that is left without it ends the recording FAILED, and the tag `mlflow.tracklet.error` says so.
   *
   * @throws ValidationError for another status, and ConfigurationError for unknown options; then the recording goes on.
   */
  stop(status?: RecordingStatus, options?: CallOptions): Promise<FlushReport>;
  /**
   * Starts, calls `body` and stops: FINISHED, KILLED when the run was asked to stop, else FAILED with the error in a tag.
   *
   * @throws ValidationError for what is no function, before anything begins.
   */
  record<T>(body: (recorder: Recorder, recording: Recording) => T | Promise<T>): Promise<T>;
}
