import type { CallOptions } from "../client/types/connection.ts";
import { ConfigurationError, ValidationError } from "../errors/usage-errors.ts";
import type { FlushReport } from "../queue/types.ts";
import { checkRule } from "../tracker/alerts/check-rule.ts";
import { errorText } from "../tracker/error-text.ts";
import { tagsOf } from "../tracker/run-tags.ts";
import type { AlertRule } from "../tracker/types/alerts.ts";
import type { Run } from "../tracker/types/run.ts";
import type { MetricOptions } from "../tracker/types/values.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { requirementTags } from "./environment/requirements.ts";
import { ENVIRONMENT_TAG, type PackageRequirements } from "./environment/types.ts";
import { findPlaceholder, makePlaceholder } from "./placeholder.ts";
import { trackerSettings } from "./recorder-options.ts";
import { RegisteredRecording } from "./recording.ts";
import type { Recorder, RecorderMode, RecorderOptions, Recording, RecordingStatus, RecordingSummary } from "./types.ts";

/** A recorder over one run of one tracker. */
export class ExperimentRecorder implements Recorder {
  readonly #options: RecorderOptions;
  /** Undefined until it was said, or there is a tracker. */
  #mode: RecorderMode | undefined;
  #tracker: Promise<Tracker> | undefined;
  /** The same, once it is open. */
  #open: Tracker | undefined;
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
    this.#mode = options.mode;
  }

  get mode(): RecorderMode {
    return this.#mode ?? "ONLINE";
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
    if (mode !== "ONLINE" && mode !== "OFFLINE") {
      throw new ValidationError(
        `Cannot set the mode as it must be "ONLINE" or "OFFLINE": current value is "${String(mode)}"`,
      );
    }
    const before = this.#mode;
    this.#mode = mode;
    if (mode === before) return;
    if (mode === "OFFLINE") this.#open?.queue.pause();
    else this.#open?.queue.resume();
  }

  stop(status: RecordingStatus = "FINISHED", options?: CallOptions): Promise<FlushReport> {
    const [recording, tracker] = [this.#recording, this.#tracker];
    if (recording === undefined || tracker === undefined) {
      return Promise.reject(this.#cannot("stop", "it is not registered"));
    }
    this.#stopped ??= this.#stop(recording, tracker, status, options);
    return this.#stopped;
  }

  async record<T>(body: (recorder: Recorder, recording: Recording) => T | Promise<T>): Promise<T> {
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

  /** A scope that was left without `stop()` was left by an error. */
  async [Symbol.asyncDispose](): Promise<void> {
    // It may be opening still.
    const tracker = await this.#tracker?.catch(() => undefined);
    if (this.#run !== undefined) await this.stop("FAILED");
    else if (typeof this.#options.tracker === "function") await tracker?.close();
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
    const { name, project, notes, hyperParameters } = this.#options;
    const tracker = await this.#opened();
    options?.signal?.throwIfAborted();
    const run = tracker.startRun({
      name,
      ...(project !== undefined && { experiment: project }),
      ...(notes !== undefined && { description: notes }),
      ...(hyperParameters !== undefined && { params: hyperParameters }),
    });
    this.#begin(run, "registered");
    this.#describe(run);
    this.#capture(tracker, run);
    return new RegisteredRecording(tracker, run, await makePlaceholder(run, this.#model(), options));
  }

  async #attach(recordingId: string | undefined, options?: CallOptions): Promise<Recording> {
    const { name, project, notes, hyperParameters } = this.#options;
    const tracker = await this.#opened();
    const named = { name, ...(project !== undefined && { experiment: project }) };
    const run = await tracker.resumeRun(recordingId ?? named, options);
    this.#begin(run, "started");
    if (notes !== undefined) run.setDescription(notes);
    if (hyperParameters !== undefined) run.logParams(hyperParameters);
    this.#describe(run);
    const tags = await tagsOf(tracker, run.localId, options);
    // The process that began may have died before it knew.
    if (tags[ENVIRONMENT_TAG] === undefined) this.#capture(tracker, run);
    const placeholder = findPlaceholder(tracker, run.localId, tags);
    return new RegisteredRecording(tracker, run, placeholder ?? (await makePlaceholder(run, this.#model(), options)));
  }

  #begin(run: Run, state: "registered" | "started"): void {
    this.#run = run;
    this.#state = state;
    for (const rule of this.#rules.splice(0)) run.alertOn(rule);
  }

  /** What belongs to a recording and is no part of starting a run. */
  #describe(run: Run): void {
    const { dataset, modelClass, metadata } = this.#options;
    if (dataset !== undefined) run.logInput(typeof dataset === "string" ? { name: dataset } : dataset);
    if (modelClass !== undefined) run.setTag("mlflow.tracklet.modelClass", modelClass);
    if (metadata !== undefined) run.setTags(metadata);
  }

  /** Goes on beside the recording, which waits for it in the end. */
  #capture(tracker: Tracker, run: Run): void {
    const { environment = {} } = this.#options;
    if (environment === false) return;
    this.#environment = import("./environment/record-environment.ts")
      .then(({ recordEnvironment }) => recordEnvironment(tracker, run, environment))
      // A page without a network may not get the code.
      .catch((error: unknown) => run.setTag(`${ENVIRONMENT_TAG}.error`, errorText(error)));
  }

  #model(): { name: string; modelClass: string | undefined } {
    return { name: this.#options.name, modelClass: this.#options.modelClass };
  }

  #opened(): Promise<Tracker> {
    if (this.#state === "stopped") return Promise.reject(this.#cannot("use", "it has stopped"));
    if (this.#tracker === undefined) {
      const opening = this.#openTracker();
      this.#tracker = opening;
      opening.catch(() => {
        this.#tracker = undefined;
      });
    }
    return this.#tracker;
  }

  async #openTracker(): Promise<Tracker> {
    const { tracker: given } = this.#options;
    const tracker = typeof given === "function" ? await given(trackerSettings(this.#options)) : given;
    if (typeof tracker?.startRun !== "function") {
      throw new ConfigurationError("Cannot record as the option tracker must open a tracker: it gives none");
    }
    // Whoever paused a tracker that is open meant all that it logs.
    const paused = tracker.queue.status().host === "paused";
    this.#mode ??= paused ? "OFFLINE" : "ONLINE";
    if (this.#mode === "OFFLINE") tracker.queue.pause();
    else if (paused) tracker.queue.resume();
    this.#open = tracker;
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
      const until = this.mode === "ONLINE" ? "delivered" : "durable";
      return await tracker.flush({ until, timeout, ...options });
    } finally {
      // The last data had its time; what is durable stays for the next process or for `tracklet sync`.
      if (typeof this.#options.tracker === "function") await tracker.close({ timeout: 1000 });
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
