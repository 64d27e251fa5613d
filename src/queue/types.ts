import type { RunStatus } from "../client/types/entities.ts";
import type { Place } from "./destination.ts";

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
    | "run-recovered"
    | "quarantined"
    | "unsupported"
    | "dropped"
    | "storage"
    | "memory-queue"
    | "undelivered"
    | "scope"
    | "token-in-page"
    | "alert";
  /** One sentence with the value and the cure; holds no secret. */
  readonly message: string;
  /** Key of the metric, param or tag, or path of the artifact. */
  readonly key?: string;
  /** Our id of the run. */
  readonly run?: string;
  /** The error behind it. */
  readonly cause?: unknown;
}

/** A number of metric points and of other requests. */
export interface Amount {
  /** Metric points. */
  readonly points: number;
  /** Calls of any other kind: runs, params, tags, changes, inputs, artifacts. */
  readonly requests: number;
}

/** State of the way to the server. */
export type HostState = "unknown" | "ok" | "retrying" | "refused" | "paused";

/** What waits, what went, what could not: of all who share the storage, whoever logged it. */
export interface QueueStatus {
  /** Taken and not on its way. */
  readonly waiting: Amount;
  /** In requests that are not answered yet. */
  readonly inFlight: Amount;
  /** Acknowledged by the server since the queue was made. */
  readonly delivered: Amount;
  /** Of runs that wait for a person; `resume()` tries them again, `discardRun()` drops it. */
  readonly parked: Amount;
  /** Refused by the server for good, and kept aside. */
  readonly quarantined: Amount;
  /** Gone because the queue was full, or discarded; receipts say of which run. */
  readonly dropped: Amount;
  /** How the server answers: `refused` and `paused` wait for a person, `retrying` goes on by itself. */
  readonly host: HostState;
  /**
   * Age in ms of the oldest thing that waits, whoever logged it and however long ago, also while nothing is sent; 0 when
   * nothing waits. What is parked does not count.
   */
  readonly lag: number;
  /** Where unsent data lies, for people: `memory` or a file or database name. */
  readonly storage: string;
  /** What stands: problems that are over are taken off. */
  readonly problems: readonly Problem[];
}

/** What a flush found at its end. Never pretends: what is not delivered is counted here. */
export interface FlushReport {
  /** Acknowledged by the server since the queue was made. */
  readonly delivered: Amount;
  /** Neither delivered nor given up, and logged by this program: it is tried again. */
  readonly pending: Amount;
  /** Of runs that wait for a person, whoever logged it; `resume()` tries them again, `discardRun()` drops it. */
  readonly parked: Amount;
  /**
   * As pending, but logged by others who share the storage: by earlier programs, or by processes and pages that run now.
   * Whoever delivers the storage delivers it, too.
   */
  readonly others: Amount;
  /**
   * Of what is pending or parked: in memory alone, and lost if the program ends now. All of it with a queue in memory; with
   * a durable one what its storage could not take, as its disk is full or locked: `problems` says why.
   */
  readonly unkept: Amount;
  /** Refused by the server for good, and kept aside. */
  readonly quarantined: Amount;
  /** Gone because the queue was full, or discarded; receipts say of which run. */
  readonly dropped: Amount;
  /** What stands: problems that are over are taken off. */
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
  /**
   * Bytes of waiting data in the storage. A local file that is larger than this is accepted all the same: it is sent
   * from where it lies, and no copy is kept. @default 268435456
   */
  readonly maxStoredBytes?: number;
  /**
   * What happens when waiting data reaches its bound. Params, tags, artifacts, ends of runs and whatever may have been
   * sent always stay; each point that goes is counted in `dropped`, in the receipt of its run, and told to `onProblem`.
   * `"decimate"` drops every second step of the densest chunks, oldest first, again and again: curves keep their shape.
   * `"drop-oldest-metrics"` drops whole chunks of points, oldest first: the latest are kept at full density.
   * `"block"` makes `logArtifact`, which is awaited, wait until there is room for it, where it rejects otherwise; calls
   * that return at once, such as `logMetric`, cannot wait: while they go on, points make room as with
   * `"drop-oldest-metrics"`.
   * @default "decimate"
   */
  readonly whenFull?: "decimate" | "drop-oldest-metrics" | "block";
  /** Milliseconds for one request, and a second more for each megabyte of a file. @default 120000 */
  readonly requestTimeout?: number;
  /**
   * Whether points are looked for on the server before a batch of them is sent that it may have already. MLflow's
   * databases keep a point once however often they get it; its file store, and servers that only look like MLflow, may
   * keep it twice. `"auto"` asks the server (MLflow 3) and looks where it has no database; `"always"` is for servers
   * that cannot be asked.
   * @default "auto"
   */
  readonly readBack?: "auto" | "always" | "never";
  /** Requests at once, at most 6. @default 4 */
  readonly concurrency?: number;
  /**
   * Milliseconds that the end of a process or `close()` may wait for a memory queue to drain, or for the storage of a
   * durable one that is full or locked. @default 10000
   */
  readonly exitTimeout?: number;
}

/** How `flush` waits. */
export interface FlushOptions {
  /** `durable`: in the storage; `delivered`: acknowledged by the server. @default "delivered" */
  readonly until?: "durable" | "delivered";
  /** Milliseconds to wait at most; the report then says what is left. @default no limit */
  readonly timeout?: number;
  /** Ends the waiting, not the delivery: the call rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Counts of one kind and key of a run. */
export interface ReceiptLine {
  /** What it counts. */
  readonly kind: "metric" | "param" | "tag" | "input" | "artifact";
  /** Key, or path of an artifact. */
  readonly key: string;
  /** Accepted calls. */
  readonly logged: number;
  /**
   * Of these, different ones: a point is its key, step, timestamp and value; a param, tag, input or artifact counts once,
   * however often it was written, and a tag that is deleted not at all. Repeated points are counted out once they are in the storage, within a chunk (1,000
   * points) and next to each other; so it is exact where steps or timestamps grow, and too high where a key goes back to
   * points of long ago.
   */
  readonly distinct: number;
  /** Calls whose request the server has acknowledged. */
  readonly acknowledged: number;
  /** Calls that went because the queue was full, or were discarded. */
  readonly dropped: number;
  /** Calls that the server refuses for good, or that could not be sent as they were; kept aside. */
  readonly quarantined: number;
  /** Calls that were refused at once, discarded since or not, as their value could never be sent; left out where there are none. */
  readonly atCall?: number;
  /**
   * Of a metric: sum over the hashes of its different points, whatever their order, as 16 hexadecimal digits. Absent
   * while points are not in the storage yet, and when `distinct` may be too high.
   */
  readonly hash?: string;
  /** Different ones on the server, with `verify: true`. */
  readonly readBack?: number;
}

/** What was logged to a logged model of a run: its files, and values that were measured on it. */
export interface ModelReceipt {
  /** Our id of the model. */
  readonly model: string;
  /**
   * MLflow's id; undefined while the model is not created. On MLflow 2, which has none, that of the run, `/`, and the
   * folder of the model in its artifacts.
   */
  readonly modelId: string | undefined;
  /** One for each kind and key. */
  readonly lines: readonly ReceiptLine[];
}

/** What was logged to a run, what the server has acknowledged, and what was read back. */
export interface Receipt {
  /** Our id of the run. */
  readonly run: string;
  /** MLflow's id; undefined while the run is not created. */
  readonly runId: string | undefined;
  /** One for each kind and key. */
  readonly lines: readonly ReceiptLine[];
  /** Of the logged models that this program made in the run; left out where there are none. */
  readonly models?: readonly ModelReceipt[];
  /**
   * With `verify: true`: true when everything logged was read back equal, files of models too; left out when nothing is
   * known to be missing and not all can be told, as where a metric goes back to points of long ago.
   */
  readonly verified?: boolean;
  /** With `verify: true`, unless `verified` is true: what is missing, or cannot be told, in words for each line. */
  readonly doubts?: readonly string[];
}

/** What the queue needs to create a run. */
export interface NewRun {
  /** Ours; sortable, becomes the tag `mlflow.tracklet.runId`. */
  readonly localId: string;
  /** By name (created if missing) or by MLflow's id, which says nothing but at the server that it is of. */
  readonly experiment: { readonly name: string } | { readonly id: string; readonly at?: Place };
  /** As shown; MLflow makes one up where there is none. */
  readonly name?: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** Set together with the creation. */
  readonly tags: Readonly<Record<string, string>>;
  /** MLflow's `user_id`. */
  readonly user?: string;
  /** Our id (`local`) or MLflow's id (`server`) of the parent; its tags are set by the sender once known. */
  readonly parent?: { readonly local: string } | { readonly server: string };
}

/** What the queue needs to create a logged model. */
export interface NewModel {
  /** Ours; becomes the tag `mlflow.tracklet.modelId`. What is logged under it goes to the model. */
  readonly localId: string;
  /** Our id of the run that made it. */
  readonly run: string;
  readonly name: string;
  /** MLflow's `model_type`. */
  readonly type?: string;
  /** Of the run, at which it was made. */
  readonly step: number;
  /** Set together with the creation. */
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A change of a run's own fields. The last one wins. */
export interface RunChange {
  /** Any but `RUNNING` and `SCHEDULED` ends the run, after all that was logged before. */
  readonly status?: RunStatus;
  /** Milliseconds since 1970. */
  readonly endTime?: number;
  /** As shown. */
  readonly name?: string;
}
