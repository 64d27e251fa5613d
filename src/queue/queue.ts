import type { StoredQuarantine } from "./drain/stored-quarantine.ts";
import type { WaitingRuns } from "./drain/waiting-runs.ts";
import type { DatasetInput } from "../client/types/entities.ts";
import type { Locks } from "../runtime/ports/locks.ts";
import type { Requests } from "./chunk/request.ts";
import type { Slot } from "./write/run-buffers.ts";
import type {
  DeliveryOptions,
  FlushOptions,
  FlushReport,
  NewRun,
  Problem,
  QueueStatus,
  Receipt,
  ReceiptLine,
  RunChange,
} from "./types.ts";

/**
 * The one way for every write. All methods without a promise return at once, touch no network and throw for no server
 * fault; what they take is validated and normalised by the caller (the tracker), timestamps and steps are fixed.
 */
export interface Queue {
  createRun(run: NewRun): void;
  /** Takes part in the life of a run that the server has already (resume): the mapping is known from the start. */
  adoptRun(localId: string, runId: string, experimentId: string): void;
  /**
   * The hot path: no allocation in the steady state. `memo` is one object for each run and key, in which the queue keeps
   * where their points go.
   */
  logMetric(localId: string, key: string, value: number, timestamp: number, step: number, memo?: MetricMemo): void;
  logParam(localId: string, key: string, value: string): void;
  setTag(localId: string, key: string, value: string): void;
  deleteTag(localId: string, key: string): void;
  updateRun(localId: string, change: RunChange): void;
  logInputs(localId: string, inputs: readonly DatasetInput[]): void;
  /** Resolves when the body is persisted; `path` is relative to the run's artifact root. */
  logArtifact(localId: string, path: string, body: Blob): Promise<void>;
  /**
   * Makes a logged model, to which metrics and artifacts go that are logged under its id; or says that no more files come,
   * and whether all did: a model of which one was refused is FAILED anyway.
   */
  requestModel<K extends "model" | "finalize">(localId: string, kind: K, request: Requests[K]): void;
  /** MLflow's id, once created. */
  runId(localId: string, options?: { signal?: AbortSignal; timeout?: number }): Promise<string>;
  /** MLflow's id if it is known now. Accepts either id. */
  knownRunId(id: string): string | undefined;
  /**
   * The same, after a look at the storage, which knows what others created who share it. Of a run of this queue the other
   * calls know both ids from then on.
   */
  findRunId(id: string): Promise<string | undefined>;
  /** Our id for either id, if this queue knows the run. */
  localIdOf(id: string): string | undefined;
  /**
   * Waits until what was logged before the call (to these runs, by either id; all runs if absent) is delivered, at most
   * `timeout` ms; gives what is not. In manual mode it does not wait.
   */
  settle(options: { runs?: readonly string[]; timeout: number; signal?: AbortSignal }): Promise<number>;
  flush(options?: FlushOptions): Promise<FlushReport>;
  /**
   * What is worth waiting for before the process ends. A memory queue is delivered, as it would be lost. A durable one is
   * made durable, however often that takes, and what this process logged is delivered for as long as the server answers.
   */
  finish(options?: { timeout?: number; signal?: AbortSignal }): Promise<void>;
  /** Locks of all who share the storage, as far as it has any: a storage that cannot be opened has none. */
  locks(): Promise<Locks | undefined>;
  /** What the server refuses for good. */
  quarantine(): Promise<StoredQuarantine>;
  /** Runs, of earlier processes too, that no server has yet; undefined where nothing can wait. */
  waiting(): Promise<WaitingRuns | undefined>;
  /** Counts calls that cannot be sent as they are, in the receipt of their run. */
  refuse(localId: string, kind: ReceiptLine["kind"], key: string, count: number): void;
  /** By either id. Right after a restart too: what earlier processes logged, and what others delivered, is in the storage. */
  receipt(localId: string): Promise<Receipt>;
  status(): QueueStatus;
  /**
   * Gives a run up, by either id: all that waits of it and of its models is dropped, by whoever leads, and counted as
   * that. Resolves when that is done, or durable where nothing is sent now.
   */
  discardRun(id: string, options?: { timeout?: number; signal?: AbortSignal }): Promise<void>;
  /** Calls `listener` after changes, at most once per task; returns the way to stop. */
  subscribe(listener: (status: QueueStatus) => void): () => void;
  pause(): void;
  resume(): void;
  /** As `finish`, for at most `timeout` ms, and lets go of everything. */
  close(options?: { timeout?: number; signal?: AbortSignal }): Promise<FlushReport>;
  /**
   * Begins, without waiting for it, to deliver what earlier processes or pages left in the storage, as if something had
   * been logged. Nothing is made where nothing can wait.
   */
  recover(): Promise<void>;
  /** Loads what `keepNow` needs, where the storage can be written to without waiting. Opens and makes nothing. */
  prepare(): Promise<void>;
  /**
   * Makes all durable without waiting, in the last moment of a process. What could not be kept is `unkept` in the report:
   * bodies of artifacts, or all that was not in the storage before; with a memory queue all of it.
   */
  keepNow(): FlushReport;
  /** True when unsent data survives the process; false once a storage that cannot be opened was replaced by memory. */
  readonly durable: boolean;
}

/** What a queue remembers of a metric of a run with who logs it; made empty. */
export interface MetricMemo {
  slot?: Slot;
}

/** What a queue needs from around it. */
export interface QueueOptions {
  readonly delivery?: DeliveryOptions;
  readonly onProblem: (problem: Problem) => void;
}
