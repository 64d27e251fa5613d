import type { CallOptions, Connection } from "../client/types/connection.ts";
import type { FileInfo, MetricPoint, RunData } from "../client/types/entities.ts";
import type { FlushOptions, FlushReport } from "../queue/types.ts";
import { checkOptions, until, waitRules } from "./check-options.ts";
import { allDone, type Core, exitTimeout, handedOver, type RunBody, sharedLimits, withBackground } from "./core.ts";
import type { RunHandle } from "./run.ts";
import type { KnowsRunTags } from "./run-tags.ts";
import type { RunTable } from "./run-table-types.ts";
import type { NewExperimentOptions } from "./set-experiment.ts";
import { amountText, type Shown, shown } from "./shown.ts";
import type { RunControl } from "./types/control.ts";
import type { ComparedField, DataTable, HistoryRow } from "./table-types.ts";
import type { ReadOptions, StartRunOptions } from "./types/run.ts";
import type * as types from "./types/tracker.ts";

/** A tracker of this process: logging goes to the queue, everything else is loaded when it is asked for. */
export class TrackerHandle implements types.Tracker, KnowsRunTags {
  readonly queue: types.TrackerQueue;
  readonly #core: Core;
  readonly #release: () => void | Promise<void>;
  #closed: Promise<FlushReport & Shown> | undefined;

  constructor(core: Core, release: () => void | Promise<void>) {
    this.#core = core;
    this.#release = release;
    const { queue, guard } = core;
    this.queue = {
      status: () => guard.merge(queue.status()),
      subscribe: (listener) => queue.subscribe((status) => listener(guard.merge(status))),
      quarantine: {
        list: (options) => later(() => onDemand().then((late) => late.listQuarantine(core, options))),
        export: (options) => later(() => onDemand().then((late) => late.exportQuarantine(core, options))),
        body: async (...rest) => (await onDemand()).quarantineBody(core, ...rest),
        retry: async (...rest) => (await onDemand()).retryQuarantine(core, ...rest),
        discard: async (...rest) => (await onDemand()).discardQuarantine(core, ...rest),
      },
      pause: () => pause(core),
      resume: () => queue.resume(),
      discardRun: async (...rest) => (await onDemand()).discardRun(core, ...rest),
    };
    shown(this, () => `Tracker of ${core.connection.trackingUri} (${amountText(queue.status().waiting)} waiting)`);
  }

  runTags(): Readonly<Record<string, string>> {
    return { ...this.#core.systemTags(), ...this.#core.options.tags };
  }

  async tagsOf(localId: string, options?: CallOptions): Promise<Readonly<Record<string, string>>> {
    return (await onDemand()).tagsOf(this.#core, localId, options);
  }

  get connection(): Connection {
    return this.#core.connection;
  }

  startRun(options?: StartRunOptions): RunHandle {
    return this.#core.startRun(options);
  }

  withRun<T>(options: StartRunOptions | RunBody<T>, body?: RunBody<T>): Promise<T> {
    return this.#core.withRun(options, body);
  }

  async findOrStartRun(options: types.FindOrStartRunOptions): Promise<RunHandle> {
    return (await onDemand()).findOrStartRun(this.#core, options);
  }

  async resumeRun(run: string | types.RunByName, options?: CallOptions): Promise<RunHandle> {
    return (await onDemand()).resumeRun(this.#core, run, options);
  }

  activeRun(): RunHandle | undefined {
    return this.#core.active.get();
  }

  async setExperiment(
    which: string | { readonly id: string },
    options?: NewExperimentOptions,
  ): Promise<types.CurrentExperiment> {
    return (await onDemand()).setExperiment(this.#core, which, options);
  }

  control(id: string): RunControl {
    const core = this.#core;
    return {
      stop: async (options) => (await onDemand()).sendRequest(core, id, "stop", undefined, options),
      checkpoint: async (options) => (await onDemand()).sendRequest(core, id, "checkpoint", undefined, options),
      setParam: async (key, value, options) => {
        const { paramRequest, sendRequest } = await onDemand();
        const request = paramRequest(key, value);
        return sendRequest(core, id, request.name, request.value, options);
      },
    };
  }

  async searchRuns(options?: types.SearchRunsOptions): Promise<RunTable> {
    return (await onDemand()).searchRuns(this.#core, options);
  }

  async getRun(id: string, options?: ReadOptions): Promise<RunData> {
    return (await onDemand()).getRun(this.#core, id, options);
  }

  async getMetricHistory(id: string, key: string, options?: ReadOptions): Promise<MetricPoint[]> {
    return (await onDemand()).getMetricHistory(this.#core, id, key, options);
  }

  async getMetricHistories(
    ids: string | readonly string[],
    keys?: string | readonly string[],
    options?: ReadOptions,
  ): Promise<DataTable<HistoryRow>> {
    return (await onDemand()).getMetricHistories(this.#core, ids, keys, options);
  }

  async compareRuns(ids: readonly string[], options?: ReadOptions): Promise<DataTable<ComparedField>> {
    return (await onDemand()).compareRuns(this.#core, ids, options);
  }

  async runTree(id: string, options?: ReadOptions): Promise<types.RunNode> {
    return (await onDemand()).runTree(this.#core, id, options);
  }

  async listArtifacts(id: string, path?: string, options?: ReadOptions): Promise<FileInfo[]> {
    return (await onDemand()).listArtifacts(this.#core, id, path, options);
  }

  async openArtifact(id: string, path: string, options?: types.OpenArtifactOptions): Promise<Response> {
    return (await onDemand()).openArtifact(this.#core, id, path, options);
  }

  async downloadArtifacts(id: string, path: string | undefined, options: types.DownloadOptions): Promise<string> {
    return (await onDemand()).downloadArtifacts(this.#core, id, path, options);
  }

  async flush(options?: FlushOptions): Promise<FlushReport & Shown> {
    const core = this.#core;
    checkOptions(options ?? {}, { until, ...waitRules });
    const limits = sharedLimits(core, options);
    await handedOver(core, limits());
    const report = await core.queue.flush({ ...options, ...limits() });
    if (options?.until !== "durable" && report.pending.requests === 0) {
      await allDone(core, core.afterDelivery, limits());
    }
    return this.#shown(withBackground(core, report));
  }

  async close(
    options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
  ): Promise<FlushReport & Shown> {
    checkOptions(options, waitRules);
    this.#closed ??= this.#close("FINISHED", options);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close("FAILED", {});
    await this.#closed;
  }

  async #close(
    status: "FINISHED" | "FAILED",
    options: { readonly timeout?: number; readonly signal?: AbortSignal },
  ): Promise<FlushReport & Shown> {
    const core = this.#core;
    const { queue, guard, open } = core;
    for (const run of [...open.values()]) {
      const message = `The run "${run.name}" was open when its tracker closed: it is ${status}; call await run.end(), or use withRun`;
      guard.tell({ kind: "scope", message, run: run.localId });
      run.close(status);
    }
    const limits = sharedLimits(core, { timeout: exitTimeout(core), ...options });
    try {
      await handedOver(core, limits());
      if (core.afterDelivery.size > 0) {
        await queue.finish(limits());
        await allDone(core, core.afterDelivery, limits());
      }
      guard.closed = guard.wary = true;
      const report = withBackground(core, await queue.close(limits()));
      await tellLeft(core, report);
      return this.#shown(report);
    } finally {
      core.unwatchEnd();
      await this.#release();
    }
  }

  #shown(queueReport: FlushReport): FlushReport & Shown {
    const report = this.#core.guard.merge(queueReport);
    return shown(report, () => {
      const kinds = ["delivered", "pending", "parked", "quarantined", "dropped"] as const;
      const counted = kinds.filter((kind) => kind === "delivered" || report[kind].points + report[kind].requests > 0);
      const lines = counted.map((kind) => `${kind} ${amountText(report[kind])}`);
      return [lines.join("; "), ...report.problems.map((problem) => `  ${problem.kind}: ${problem.message}`)].join(
        "\n",
      );
    });
  }
}

/** Nothing is sent to a store in this process: held up, what is logged to it would be in memory alone. */
function pause({ queue, guard, embedded }: Core): void {
  if (embedded) {
    const message =
      'Nothing is held up as there is no server to be offline from: what is logged goes into the local store at once; leave pause() or the mode "OFFLINE" out, or give the address of a server as trackingUri';
    guard.tell({ kind: "unsupported", message });
    return;
  }
  queue.pause();
  if (queue.durable) return;
  const message =
    "What is logged while the queue is paused waits in memory alone, and is lost if the program ends before it sends again: use a durable queue, such as sqliteQueue()";
  guard.tell({ kind: "memory-queue", message });
}

/** Says what is left, if anything is; what says so is not loaded for nothing. */
async function tellLeft(core: Core, report: FlushReport): Promise<void> {
  const { pending, parked, quarantined } = report;
  if ([pending, parked, quarantined].every(({ points, requests }) => points + requests === 0)) return;
  (await onDemand()).tellLeft(core, report);
}

/** What its code, loaded when it is walked, gives. */
async function* later<T>(load: () => Promise<AsyncIterable<T>>): AsyncGenerator<T> {
  yield* await load();
}

/** Everything that is not on the way of logging. */
const onDemand = (): Promise<typeof import("./on-demand.ts")> => import("./on-demand.ts");
