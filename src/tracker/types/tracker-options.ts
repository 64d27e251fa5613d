import type { Auth } from "../../client/types/connection.ts";
import type { DeliveryOptions, Problem } from "../../queue/types.ts";
import type { QueueStorage } from "../../queue/storage.ts";
import type { Fetch } from "../../runtime/ports/fetch.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** Keeps a place that answers requests alive until the promise settles, as `ExecutionContext.waitUntil` does. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** How a tracker is made. Everything can be left out where the environment says it (MLflow's variables). */
export interface TrackerOptions {
  /**
   * Address of the MLflow server, `http:` or `https:`. User and password in it become Basic authentication.
   * @default MLFLOW_TRACKING_URI
   */
  readonly trackingUri?: string;
  /** What carries the requests: a function or an object with one, such as a service binding. @default the platform's */
  readonly fetch?: Fetch | { fetch: Fetch };
  /** @default MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, else MLFLOW_TRACKING_TOKEN */
  readonly auth?: Auth;
  /** MLflow workspace, for servers that have them. @default MLFLOW_WORKSPACE */
  readonly workspace?: string;
  /** Who runs this: the tag `mlflow.user`. @default the account's name */
  readonly user?: string;
  /** Tags of every run. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Name of the experiment that gets the runs; made when missing. @default MLFLOW_EXPERIMENT_NAME or _ID, else "Default" */
  readonly experiment?: string;
  /** Where unsent data waits, never where runs are kept. @default memory; a durable one with `openTracker` */
  readonly queue?: QueueStorage;
  /**
   * Whose data it is, where several people use one device: an id that stays the same, such as that of an account. With
   * `openTracker`, unsent data of one partition waits apart, and is only ever sent by a tracker of that partition.
   * Credentials do not part it: without a partition, who signs in next sends what the one before left, in their own name.
   * @default one for all
   */
  readonly partition?: string;
  readonly delivery?: DeliveryOptions;
  /** Lets an edge function's host wait for the delivery after the response; `ctx` itself will do. */
  readonly waitUntil?: WaitUntil | { waitUntil: WaitUntil };
  /** Throw `ValidationError` at the call for a value that MLflow would refuse, instead of counting and reporting it. */
  readonly strict?: boolean;
  /**
   * What happens to the second, different value of a parameter: `report` keeps the first and reports the other, `tag`
   * writes it to the tag `mlflow.tracklet.param.<key>`, `version` to the parameter `<key>.2`, then `.3` and so on.
   * @default "report"
   */
  readonly paramConflict?: "report" | "tag" | "version";
  /** Milliseconds between two looks whether somebody asks a run to stop, where something listens. @default 5000 */
  readonly controlInterval?: number;
  /**
   * Hears of everything that could not be done as asked, once per kind and key for each of the first few runs.
   * @default one `console.warn` each
   */
  readonly onProblem?: (problem: Problem) => void;
  /** Parts of the platform to replace, for tests. */
  readonly runtime?: Partial<Runtime>;
}
