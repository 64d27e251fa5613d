import type { RunStatus } from "../client/types/entities.ts";

/** What could not be done as asked, said once per kind and key, with the cure. */
export interface Problem {
  /** What went wrong, for programs. */
  readonly kind:
    | "invalid-value"
    | "param-conflict"
    | "truncated"
    | "suspicious-value"
    | "server-unreachable"
    | "server-refused"
    | "run-parked"
    | "quarantined"
    | "dropped"
    | "storage"
    | "memory-queue"
    | "scope"
    | "token-in-page";
  /** One sentence with the value and the cure; holds no secret. */
  readonly message: string;
  /** Key of the metric, param or tag, or path of the artifact. */
  readonly key?: string;
  /** Our id of the run. */
  readonly run?: string;
  readonly cause?: unknown;
}

/** A number of metric points and of other requests. */
export interface Amount {
  readonly points: number;
  readonly requests: number;
}

/** State of the way to the server. */
export type HostState = "unknown" | "ok" | "retrying" | "refused" | "paused";

/** What waits, what went, what could not. */
export interface QueueStatus {
  readonly waiting: Amount;
  readonly inFlight: Amount;
  readonly delivered: Amount;
  readonly parked: Amount;
  readonly quarantined: Amount;
  readonly dropped: Amount;
  readonly host: HostState;
  /** Age in ms of the oldest thing that waits; 0 when nothing does. */
  readonly lag: number;
  /** Where unsent data lies, for people: `memory` or a file or database name. */
  readonly storage: string;
  readonly problems: readonly Problem[];
}

/** What a flush found at its end. Never pretends: what is not delivered is counted here. */
export interface FlushReport {
  readonly delivered: Amount;
  readonly pending: Amount;
  readonly parked: Amount;
  readonly quarantined: Amount;
  readonly dropped: Amount;
  readonly problems: readonly Problem[];
}

/** How delivery behaves. */
export interface DeliveryOptions {
  /** `auto` sends by itself; `manual` (offline) only at `flush()`. @default "auto" */
  readonly mode?: "auto" | "manual";
  /** Points at which a chunk is sealed, 1 to 1,000. @default 1000 */
  readonly batchSize?: number;
  /** Milliseconds after which what is in memory is made durable and sent. @default 1000 */
  readonly flushInterval?: number;
  /** Bytes of waiting data in memory. @default 8388608 */
  readonly maxMemoryBytes?: number;
  /** Bytes of waiting data in the storage. @default 268435456 */
  readonly maxStoredBytes?: number;
  /** @default "decimate" */
  readonly whenFull?: "decimate" | "drop-oldest-metrics" | "block";
  /** Milliseconds for one request. @default 120000 */
  readonly requestTimeout?: number;
  /** Requests at once, at most 6. @default 4 */
  readonly concurrency?: number;
  /** Milliseconds that the end of a process or `close()` may wait for a memory queue to drain. @default 10000 */
  readonly exitTimeout?: number;
}

/** How `flush` waits. */
export interface FlushOptions {
  /** `durable`: in the storage; `delivered`: acknowledged by the server. @default "delivered" */
  readonly until?: "durable" | "delivered";
  /** Milliseconds to wait at most; the report then says what is left. @default no limit */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Counts of one kind and key of a run. */
export interface ReceiptLine {
  readonly kind: "metric" | "param" | "tag" | "input" | "artifact";
  /** Key, or path of an artifact. */
  readonly key: string;
  /** Accepted calls. */
  readonly logged: number;
  /**
   * Of these, different ones: a point is its key, step, timestamp and value. Exact without memory of every point as long
   * as a key is logged in order: what repeats the key's latest point is counted out, what repeats an older one is not.
   */
  readonly distinct: number;
  readonly acknowledged: number;
  readonly dropped: number;
  readonly quarantined: number;
  /** Read from the server, with `verify: true`. */
  readonly readBack?: number;
}

/** What was logged to a run, what the server has acknowledged, and what was read back. */
export interface Receipt {
  readonly run: string;
  readonly runId: string | undefined;
  readonly lines: readonly ReceiptLine[];
  /** With `verify: true`: true when everything logged was read back equal. */
  readonly verified?: boolean;
}

/** What the queue needs to create a run. */
export interface NewRun {
  /** Ours; sortable, becomes the tag `mlflow.tracklet.runId`. */
  readonly localId: string;
  /** By name (created if missing) or by MLflow's id. */
  readonly experiment: { readonly name: string } | { readonly id: string };
  readonly name?: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly user?: string;
  /** Our id (`local`) or MLflow's id (`server`) of the parent; its tags are set by the sender once known. */
  readonly parent?: { readonly local: string } | { readonly server: string };
}

/** A change of a run's own fields. The last one wins. */
export interface RunChange {
  readonly status?: RunStatus;
  /** Milliseconds since 1970. */
  readonly endTime?: number;
  readonly name?: string;
}
