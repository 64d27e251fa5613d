import type { CallOptions } from "../../client/types/connection.ts";
import type { QuarantinedItem, QuarantineTarget } from "../../queue/drain/quarantine-types.ts";

/**
 * What was set aside because it can never be delivered as it is: what the server refuses for good, with its words, and
 * values that were refused at the call. The first is kept in the queue, over restarts too, until it is retried or
 * discarded. The second could never be sent, so only its count is kept in the receipt of its run; what it was is listed,
 * once for each kind and key of a run, for as long as the tracker lives.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 *
 * const tracker = createTracker({ trackingUri: "http://localhost:5000" });
 * for await (const { run, kind, keys, reason } of tracker.queue.quarantine.list()) console.log(run, kind, keys, reason);
 * await tracker.queue.quarantine.discard();
 * await tracker.close();
 * ```
 */
export interface Quarantine {
  /** All of it, page by page: first what lies in the queue, in the order of logging, then what was refused at the call. */
  list(options?: Pick<CallOptions, "signal">): AsyncIterable<QuarantinedItem>;
  /**
   * All of it as JSON lines, each with its line end: `run`, `runId`, `kind`, `count`, `reason`, `logged` (ISO 8601), and
   * the values: `points` (key, value, timestamp in ms, step; NaN and infinities as text), `values` (key, value), `key`,
   * `change`, `inputs`, `create`, or `path`, `size`, `type` and, up to 1 MiB, `base64` of an artifact; `damaged` (base64)
   * where the bytes cannot be read any more. Of what was refused at the call there is the reason, which says the value.
   */
  export(options?: Pick<CallOptions, "signal">): AsyncIterable<string>;
  /** The body of an artifact that lies there, or the bytes of what is damaged. */
  body(target: QuarantineTarget, options?: CallOptions): Promise<Blob | undefined>;
  /**
   * Has one of them, or all, sent again: it waits at the end of the queue. A tag, name, status or end time that was written
   * again since is not sent, and counts as acknowledged. What was refused at the call cannot be sent.
   *
   * @returns How many were put back.
   */
  retry(target?: QuarantineTarget, options?: CallOptions): Promise<number>;
  /**
   * Forgets one of them, or all: it counts as dropped.
   *
   * @returns How many are gone.
   */
  discard(target?: QuarantineTarget, options?: CallOptions): Promise<number>;
}
