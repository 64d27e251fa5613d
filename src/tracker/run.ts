import type { CallOptions } from "../client/types/connection.ts";
import type { MetricPoint } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { NewRun, Receipt } from "../queue/types.ts";
import { RunSignal } from "./control/run-signal.ts";
import { checkOptions, until } from "./check-options.ts";
import { type Core, handedOver } from "./core.ts";
import { inputConflict, inputOf, type ToldInputs } from "./dataset-input.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";
import { LateAlerts } from "./late-alerts.ts";
import { bytesNow, filesNow, imageNow, jsonNow, LateArtifacts } from "./late-artifacts.ts";
import { limited } from "./limited.ts";
import { checkLogOptions } from "./log-options.ts";
import { MetricLog } from "./metric-log.ts";
import { ParamLog } from "./param-log.ts";
import { type Shown, shown } from "./shown.ts";
import { tableNow } from "./table-now.ts";
import type { AlertRule } from "./types/alerts.ts";
import type { RunRequest } from "./types/control.ts";
import type { ArtifactOptions, ImageOptions, ImagePixels, TableData } from "./types/artifacts.ts";
import type { InputDataset, InputOptions } from "./types/datasets.ts";
import type { LogModelOptions, LoggedModelHandle, ModelFiles } from "./types/models.ts";
import type { EndOptions, ReadOptions, Run, StartRunOptions } from "./types/run.ts";
import type { MetricOptions, MetricSeries, ParamOptions } from "./types/values.ts";

/** An entry of the tag `mlflow.loggedArtifacts`. */
export interface LoggedArtifact {
  readonly path: string;
  readonly type: string;
}

/** What a run is made of. */
export interface RunSeed {
  readonly localId: string;
  readonly name: string;
  readonly experiment: NewRun["experiment"];
  /** What has taken the tags of a new run already. */
  readonly params?: ParamLog;
  readonly signal?: AbortSignal | undefined;
  /** Whoever stops it stops this run too. */
  readonly parent?: RunHandle | undefined;
  /** What it was started below. */
  readonly below?: NewRun["parent"];
}

/** A run of this process: hands everything to the queue, and loads what is not on the way of logging when it is asked. */
export class RunHandle implements Run {
  readonly localId: string;
  readonly name: string;
  /** Where it was created, for its children. */
  readonly experiment: NewRun["experiment"];
  /** What it was started below, as far as that is known. */
  readonly parent: NewRun["parent"];
  readonly metrics: MetricLog;
  readonly params: ParamLog;
  /** Undefined while the run is open. */
  ended: "FINISHED" | "FAILED" | "KILLED" | undefined;
  /** It was given up by `discardRun()`: whoever resumes the run has another handle, and ends that. */
  isGivenUp = false;
  /** The datasets that it has, also from before it was resumed. */
  readonly inputs: ToldInputs = new Map();
  /** What the tag `mlflow.loggedArtifacts` of a resumed run listed. */
  loggedArtifacts: readonly LoggedArtifact[] | undefined;
  /** Called once when the run has ended. */
  onEnd: ((status: string) => void) | undefined;
  /** Undefined while there are no rules. */
  alerts: LateAlerts | undefined;
  readonly #core: Core;
  readonly #signal: RunSignal;
  readonly #artifacts: LateArtifacts;

  constructor(core: Core, seed: RunSeed) {
    this.#core = core;
    this.#signal = new RunSignal(core, this, seed.signal, seed.parent === undefined ? undefined : seed.parent.#signal);
    this.localId = seed.localId;
    this.name = seed.name;
    this.experiment = seed.experiment;
    this.parent = seed.below;
    this.params = seed.params ?? new ParamLog(seed.localId, core.queue, core.guard, core.options.paramConflict);
    this.metrics = new MetricLog(seed.localId, core.queue, core.runtime.clock, core.guard);
    this.#artifacts = new LateArtifacts(core, this);
    core.open.set(this.localId, this);
    core.guard.runStarted(this.localId, this.name);
    core.watchEnd();
    shown(
      this,
      () =>
        `Run "${this.name}" (${core.queue.knownRunId(this.localId) ?? `${this.localId}, MLflow's id not known yet`}) ${this.ended ?? "RUNNING"}`,
    );
  }

  declare readonly toHTML: Shown["toHTML"];

  async runId(options?: CallOptions): Promise<string> {
    return this.#core.queue.runId(this.localId, options);
  }

  get signal(): AbortSignal {
    return this.#signal.signal;
  }

  onRequest(listener: (request: RunRequest) => void): () => void {
    return this.#signal.onRequest(listener);
  }

  /** True when `error` is how a body leaves after this run was asked to stop. */
  stoppedBy(error: unknown): boolean {
    return this.#signal.stoppedBy(error);
  }

  logMetric(key: string, value: number, options?: MetricOptions): void {
    try {
      if (options === undefined) this.metrics.log(key, value, undefined, undefined);
      else this.metrics.logWith(key, value, options);
    } catch (error) {
      this.#core.guard.unreadable(this.localId, "metric", key, error);
    }
  }

  logMetrics(values: Readonly<Record<string, number>>, options?: MetricOptions): void {
    this.#log("metric", "", () => this.metrics.logAll(values, options));
  }

  logMetricSeries(key: string, series: MetricSeries): void {
    this.#log("metric", key, () => this.metrics.logSeries(key, series));
  }

  logParam(key: string, value: unknown, options?: ParamOptions): void {
    this.#log("param", key, () => {
      this.#options(`the param ${quote(textOf(key))}`, textOf(key), options);
      this.params.logParam(key, value, options);
    });
  }

  logParams(params: object, options?: ParamOptions): void {
    this.#log("param", "", () => {
      this.#options("params", "", options);
      this.params.logParams(params, options);
    });
  }

  setTag(key: string, value: unknown): void {
    this.#log("tag", key, () => this.params.setTag(key, value));
  }

  setTags(tags: Readonly<Record<string, unknown>>): void {
    this.#log("tag", "", () => this.params.setTags(tags));
  }

  deleteTag(key: string): void {
    this.#log("tag", key, () => this.params.deleteTag(key));
  }

  setDescription(markdown: string): void {
    this.setTag("mlflow.note.content", markdown);
  }

  summary(values: object): void {
    this.#log("tag", "", () =>
      this.params.each("tag", values, (key, value) => {
        if (typeof value === "number") this.metrics.log(`summary.${key}`, value, 0, undefined);
        else this.params.setTag(`summary.${key}`, value);
      }),
    );
  }

  alertOn(rule: AlertRule): void {
    this.#core.guard.mustBeOpen("use the alert rule", this.localId);
    this.#core.mustBeRule?.(rule);
    // As they are now: both may change until the rule is looked at.
    const given = Object(rule) === rule ? { ...rule } : rule;
    const since = this.#core.runtime.clock.now();
    this.alerts ??= new LateAlerts(this.#core, this);
    this.alerts.do((watch) => watch.add(given, since));
  }

  logText(text: string, path: string, options?: CallOptions): Promise<void> {
    return this.#artifacts.log("logText", options, (log) => log.text(text, path, "text/plain"));
  }

  logJson(value: unknown, path: string, options?: CallOptions): Promise<void> {
    return this.#artifacts.log(
      "logJson",
      options,
      (log, json) => log.text(json, path, "application/json"),
      () => jsonNow(value, 2),
      path,
    );
  }

  logDict(value: unknown, path: string, options?: CallOptions): Promise<void> {
    return this.#artifacts.log(
      "logDict",
      options,
      (log, json) => log.dict(json, path),
      () => jsonNow(value, 2),
      path,
    );
  }

  logTable(data: TableData, path: string, options?: CallOptions): Promise<void> {
    return this.#artifacts.log(
      "logTable",
      options,
      (log, now, limits) => log.table(now, path, limits),
      () => tableNow(data),
      path,
    );
  }

  logImage(image: Blob | Uint8Array | ImagePixels, options: ImageOptions): Promise<void> {
    return this.#artifacts.log(
      "logImage",
      options,
      (log, [body, given]) => log.image(body, given),
      () => [imageNow(image), { ...options }] as const,
    );
  }

  logFigure(figure: string | { readonly outerHTML: string }, path: string, options?: CallOptions): Promise<void> {
    return this.#artifacts.log(
      "logFigure",
      options,
      (log, text) => log.figure(text, path),
      () => (typeof figure === "string" ? figure : figure.outerHTML),
    );
  }

  logArtifact(
    source: string | URL | Blob | Uint8Array,
    artifactPath?: string,
    options?: ArtifactOptions,
  ): Promise<void> {
    return this.#artifacts.log(
      "logArtifact",
      options,
      (log, now, limits) => log.source(now, artifactPath, { ...options, ...limits }),
      () => bytesNow(source),
    );
  }

  logArtifacts(directory: string | URL, artifactPath?: string, options?: CallOptions): Promise<void> {
    return this.#artifacts.log("logArtifacts", options, (log, _, limits) =>
      log.directory(directory, artifactPath, limits),
    );
  }

  logModel(files: ModelFiles, options?: LogModelOptions): Promise<LoggedModelHandle> {
    return this.#artifacts.log(
      "logModel",
      options,
      (log, now, limits) => log.model(now, limits),
      () => [files, filesNow(files), jsonNow(options ?? {})] as const,
    );
  }

  logInput(dataset: InputDataset, options?: InputOptions): void {
    this.#log("input", "", () => {
      const { guard, queue } = this.#core;
      this.#options("the input", "", options, "context tags", '{ context: "training" }');
      if (dataset?.data !== undefined) return this.#artifacts.input(dataset, options);
      const input = inputOf(dataset, options);
      const run = this.localId;
      const key = textOf(dataset?.name);
      if (typeof input === "string") return guard.reject({ run, kind: "input", key }, input);
      if (guard.late(run, "input", key)) return;
      const message = inputConflict(this.inputs, input);
      if (message !== undefined) guard.warn({ kind: "invalid-value", message, key, run }, `input ${key} again`);
      queue.logInputs(run, [input]);
    });
  }

  #options(what: string, key: string, options: unknown, names = "format", example = '{ format: "python" }'): void {
    checkLogOptions(this.#core.guard, options, { run: this.localId, what, key, names, example });
  }

  /** A value that throws when it is looked at throws into no training. */
  #log(kind: "metric" | "param" | "tag" | "input", key: unknown, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#core.guard.unreadable(this.localId, kind, key, error);
    }
  }

  startChild(options?: StartRunOptions): RunHandle {
    return this.#core.startRun(this.#asChild(options));
  }

  withChild<T>(
    options: StartRunOptions | ((run: Run) => T | Promise<T>),
    body?: (run: Run) => T | Promise<T>,
  ): Promise<T> {
    return typeof options === "function"
      ? this.#core.withRun(this.#asChild(), options)
      : this.#core.withRun(this.#asChild(options), body);
  }

  /** Who asks a run to stop asks its children too. */
  #asChild(options?: StartRunOptions): StartRunOptions {
    // What is no object is refused where runs start; spread, it would be nothing.
    if (options !== undefined && typeof options !== "object") return options;
    const { outer } = this.#signal;
    return { ...(outer && { signal: outer }), ...options, parent: this };
  }

  async history(key: string, options?: ReadOptions): Promise<MetricPoint[]> {
    const { getMetricHistory } = await import("./on-demand.ts");
    return getMetricHistory(this.#core, this.localId, key, options);
  }

  async url(options?: CallOptions): Promise<string | undefined> {
    const { runUrl } = await import("./on-demand.ts");
    return runUrl(this.#core, this.localId, options);
  }

  async receipt(options?: CallOptions & { readonly verify?: boolean }): Promise<Receipt & Shown> {
    const { runReceipt } = await import("./on-demand.ts");
    return runReceipt(this.#core, this.localId, options);
  }

  async end(status: "FINISHED" | "FAILED" | "KILLED" = "FINISHED", options?: EndOptions): Promise<void> {
    if (status !== "FINISHED" && status !== "FAILED" && status !== "KILLED") {
      throw new ValidationError(
        `Cannot end the run as the status must be "FINISHED", "FAILED" or "KILLED": current value is "${String(status)}"`,
      );
    }
    const since = this.#core.runtime.clock.now();
    checkOptions({ until: options?.until }, { until });
    if (this.isGivenUp || this.#core.guard.givenUp.has(this.localId)) return;
    this.close(status);
    if (options?.until === "delivered") {
      await (await import("./on-demand.ts")).endDelivered(this.#core, this, options, since);
      return;
    }
    await limited(this.#core, "end the run", options, "until", async (limits) => {
      await handedOver(this.#core, limits);
      await this.#core.queue.flush({ until: "durable", ...limits });
    });
  }

  /** The part of `end` that needs no waiting. */
  close(status: "FINISHED" | "FAILED" | "KILLED"): void {
    if (this.ended === status) return;
    const { guard } = this.#core;
    guard.mustBeOpen("end the run");
    if (this.ended !== undefined) {
      const message = `The run ${quote(this.name)} had ended as ${this.ended} and is ${status} now: end a run once`;
      guard.tell({ kind: "scope", message, run: this.localId });
    }
    this.ended = status;
    this.#core.open.delete(this.localId);
    this.#core.queue.updateRun(this.localId, { status, endTime: this.#core.runtime.clock.now() });
    this.#signal.end(status);
    this.alerts?.do((watch) => watch.end());
    this.#core.runEnded();
    this.onEnd?.(status);
    this.onEnd = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended !== undefined) return;
    const message = `The scope of run "${this.name}" was left without run.end(): it is FAILED; call await run.end(), or use withRun`;
    this.#core.guard.tell({ kind: "scope", message, run: this.localId });
    await this.end("FAILED");
  }
}
