import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { FlushReport } from "../queue/types.ts";
import { checkAllOptions, waitRules } from "../tracker/check-options.ts";
import { checkRule } from "../tracker/alerts/check-rule.ts";
import { textOf } from "../tracker/entries.ts";
import { errorText } from "../tracker/error-text.ts";
import type { AlertRule } from "../tracker/types/alerts.ts";
import type { Run } from "../tracker/types/run.ts";
import type { MetricOptions } from "../tracker/types/values.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { requirementTags } from "./environment/requirements.ts";
import type { PackageRequirements } from "./environment/types.ts";
import { beginRecording, continueRecording, resumeRecordedRun, startRecordedRun } from "./open-recording.ts";
import { RecorderTracker } from "./recorder-tracker.ts";
import type { Recorder, RecorderMode, RecorderOptions, Recording, RecordingStatus, RecordingSummary } from "./types.ts";

const statuses: readonly RecordingStatus[] = ["FINISHED", "FAILED", "KILLED"];

/** A recorder over one run of one tracker. */
export class ExperimentRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #tracker: RecorderTracker;
  #recording: Promise<Recording> | undefined;
  #run: Run | undefined;
  #state: "new" | "registered" | "started" | "stopped" = "new";
  #stopped: Promise<FlushReport> | undefined;
  /** What is being found out about the environment. */
  #environment: Promise<void> | undefined;
  /** Rules that were attached before there was a run. */
  readonly #rules: AlertRule[] = [];

  constructor(options: RecorderOptions) {
    this.#options = { ...options };
    this.#tracker = new RecorderTracker(this.#options);
  }

  get mode(): RecorderMode {
    return this.#tracker.mode;
  }

  register(options?: CallOptions): Promise<Recording> {
    return this.#once(() => this.#register(options));
  }

  attach(recordingId?: string, options?: CallOptions): Promise<Recording> {
    if (this.#recording !== undefined) {
      return Promise.reject(this.#cannot("attach", "it has a recording: make another recorder"));
    }
    return this.#once(() => this.#attach(recordingId, options));
  }

  async start(options?: CallOptions): Promise<Recording> {
    const recording = await this.register(options);
    if (this.#state === "stopped") throw this.#cannot("start", "it has stopped: attach() another recorder to it");
    this.#state = "started";
    return recording;
  }

  addRecord(values: Readonly<Record<string, number>>, options?: MetricOptions): void {
    if (this.#state !== "started") {
      const why = this.#state === "stopped" ? "it has stopped" : "it is not started: await recorder.start() first";
      throw this.#cannot("add a record to", why);
    }
    this.#run?.logMetrics(values, options);
  }

  addHyperParameters(params: object): void {
    this.#registered("add hyper-parameters to").logParams(params);
  }

  upsertPackageRequirements(packages: PackageRequirements): void {
    this.#registered("add packages to").setTags(requirementTags(packages));
  }

  summary(values: RecordingSummary): void {
    this.#registered("summarise").summary(values);
  }

  attachAlertOn(rule: AlertRule): void {
    checkRule(rule);
    if (this.#state === "stopped") throw this.#cannot("attach an alert to", "it has stopped");
    if (this.#run === undefined) this.#rules.push({ ...rule });
    else this.#run.alertOn(rule);
  }

  setMode(mode: RecorderMode): void {
    this.#tracker.setMode(mode);
  }

  async stop(status: RecordingStatus = "FINISHED", options?: CallOptions): Promise<FlushReport> {
    const [recording, tracker] = [this.#recording, this.#tracker.opening];
    if (recording === undefined || tracker === undefined) throw this.#cannot("stop", "it is not registered");
    // What is wrong with them must not be found out when it has stopped.
    if (!statuses.includes(status)) {
      const must = 'the status must be "FINISHED", "FAILED" or "KILLED"';
      throw this.#cannot("stop", `${must}: current value is ${JSON.stringify(status)}`);
    }
    if (options !== undefined) checkAllOptions(options, waitRules);
    this.#stopped ??= this.#stop(recording, tracker, status, options);
    return this.#stopped;
  }

  async record<T>(body: (recorder: Recorder, recording: Recording) => T | Promise<T>): Promise<T> {
    if (typeof body !== "function") {
      throw this.#cannot("begin", `record() must have a function: current value is ${textOf(body)}`);
    }
    const recording = await this.start();
    let result: T;
    try {
      result = await body(this, recording);
    } catch (error) {
      const { signal } = recording.run;
      const killed =
        signal.aborted && (signal.reason === error || (error instanceof Error && error.name === "AbortError"));
      if (!killed && this.#state === "started") recording.run.setTag("mlflow.tracklet.error", errorText(error));
      // The error of the body is what the caller must see.
      await this.stop(killed ? "KILLED" : "FAILED").catch(() => {});
      throw error;
    }
    await this.stop();
    return result;
  }

  /** A scope that was left without `stop()` was left by an error, as far as can be told. */
  async [Symbol.asyncDispose](): Promise<void> {
    // It may be opening still.
    const tracker = await this.#tracker.opening?.catch(() => undefined);
    if (this.#run !== undefined) {
      if (this.#stopped === undefined) {
        const why = "left without stop(): call await recorder.stop() at the end of the block, or use record()";
        this.#run.setTag("mlflow.tracklet.error", why);
      }
      await this.stop("FAILED");
    } else if (this.#tracker.isOwn) await tracker?.close();
  }

  #once(begin: () => Promise<Recording>): Promise<Recording> {
    if (this.#recording === undefined) {
      const begun = begin();
      this.#recording = begun;
      // What failed, such as a search without a network, may be tried again.
      begun.catch(() => {
        if (this.#run === undefined) this.#recording = undefined;
      });
    }
    return this.#recording;
  }

  async #register(options?: CallOptions): Promise<Recording> {
    const tracker = await this.#opened();
    options?.signal?.throwIfAborted();
    const run = startRecordedRun(tracker, this.#options);
    this.#begin(run, "registered");
    const { recording, environment } = beginRecording(tracker, run, this.#options, options);
    this.#environment = environment;
    return recording;
  }

  async #attach(recordingId: string | undefined, options?: CallOptions): Promise<Recording> {
    const tracker = await this.#opened();
    const run = await resumeRecordedRun(tracker, this.#options, recordingId, options);
    this.#begin(run, "started");
    const { recording, environment } = await continueRecording(tracker, run, this.#options, options);
    this.#environment = environment;
    return recording;
  }

  #begin(run: Run, state: "registered" | "started"): void {
    this.#run = run;
    this.#state = state;
    for (const rule of this.#rules.splice(0)) run.alertOn(rule);
  }

  async #opened(): Promise<Tracker> {
    if (this.#state === "stopped") throw this.#cannot("use", "it has stopped");
    const tracker = await this.#tracker.opened();
    const { directory } = this.#options.environment || {};
    if (directory !== undefined) await (await import("./environment-folder.ts")).mustBeFolder(tracker, directory);
    return tracker;
  }

  async #stop(
    recording: Promise<Recording>,
    opening: Promise<Tracker>,
    status: RecordingStatus,
    options?: CallOptions,
  ): Promise<FlushReport> {
    const tracker = await opening;
    await recording.catch(() => {});
    this.#state = "stopped";
    await this.#environment;
    try {
      await this.#run?.end(status, options);
      const { syncDataTimeout: timeout = 10_000 } = this.#options;
      // Without a server there is nothing to be offline from.
      const until = tracker.queue.status().host === "paused" ? "durable" : "delivered";
      return await tracker.flush({ until, timeout, ...options });
    } finally {
      // The last data had its time; what is durable stays for the next process or for `tracklet sync`.
      if (this.#tracker.isOwn) await tracker.close({ timeout: 1000 });
    }
  }

  #registered(what: string): Run {
    if (this.#run === undefined) throw this.#cannot(what, "it is not registered: await recorder.register() first");
    if (this.#state === "stopped") throw this.#cannot(what, "it has stopped");
    return this.#run;
  }

  #cannot(what: string, why: string): ValidationError {
    return new ValidationError(`Cannot ${what} the recording ${JSON.stringify(this.#options.name)} as ${why}`);
  }
}
