import { add } from "../queue/amount.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { Queue } from "../queue/queue.ts";
import type { QueueStorage } from "../queue/storage.ts";
import type { Parcel } from "../queue/handover/parcel.ts";
import type { FlushReport } from "../queue/types.ts";
import { checkAllOptions, trackerRules } from "../tracker/check-options.ts";
import { createOwningTracker, destinationOf } from "../tracker/owning-tracker.ts";
import { resolveSettings } from "../tracker/settings.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { TrackerOptions, WaitUntil } from "../tracker/types/tracker-options.ts";
import { EdgeSession } from "./edge-session.ts";
import { HandingQueue } from "./handing-queue.ts";
import { serverPlace } from "./mlflow-binding.ts";
import type { ObjectNamespace } from "./object-namespace.ts";
import { decodeParcel } from "./parcel-codec.ts";
import { queueIdentity } from "./queue-identity.ts";
import type { Undelivered } from "./undelivered.ts";
import { workersRuntime } from "./workers-runtime.ts";

/** How a tracker of a request is opened. */
export interface OpenTrackerOptions extends Omit<TrackerOptions, "queue" | "waitUntil"> {
  /**
   * The bindings that the handler got: texts in it are taken for MLflow's variables (`MLFLOW_TRACKING_URI`,
   * `MLFLOW_TRACKING_TOKEN`, `MLFLOW_EXPERIMENT_NAME` and so on), a service binding named `MLFLOW` for the way to the
   * server. Options win.
   * @default the Worker's `process.env`
   */
  readonly env?: object;
  /**
   * Who sends what the request could not: the binding of a class `TrackletQueue`, such as `env.TRACKLET_QUEUE`; or a
   * queue of one's own.
   * @default none
   */
  readonly queue?: ObjectNamespace | QueueStorage;
  /**
   * Gets what nobody delivers: without a `queue`, or when that could not take it. `resend()` sends it later. When this
   * throws or rejects, all of it is told to `onProblem` as lost.
   */
  readonly onUndelivered?: (left: Undelivered) => void | Promise<void>;
}

/** Milliseconds for which `resend()` sends: to look around the creation of a run, and that of its model, takes 20 s. */
const RESENDING = 60_000;

const callable = (value: unknown, method: string): boolean => typeof Object(value)[method] === "function";

const rules = {
  ...trackerRules,
  env: "object",
  queue: (value: unknown) =>
    !callable(value, "open") && !callable(value, "idFromName") && "the binding of a TrackletQueue, or a queue",
  onUndelivered: "function",
};

/**
 * Opens a tracker for one request of a Cloudflare Worker. Costs no I/O and starts no timer; the first run loads what
 * sends.
 *
 * When a run ends, `ctx.waitUntil` is asked to keep the Worker alive until all is delivered, for at most
 * `delivery.exitTimeout` (10 s; Cloudflare allows 30 s after the answer). What is left then goes to `queue`, else to
 * `onUndelivered`, else it is told to `onProblem` as lost. Until somebody has taken it, it counts as pending.
 *
 * End runs, best by `withRun()`. What is logged to one that stays open is delivered as well, once nothing was logged
 * for `delivery.exitTimeout`; `await tracker.close()` ends all.
 *
 * @param ctx The `ExecutionContext` that the handler got, or its `waitUntil` as a function.
 * @throws ConfigurationError when there is no address and no binding, or options cannot work.
 *
 * @example A Worker that keeps what its requests cannot deliver
 * ```ts no-run
 * import { openTracker, type ObjectNamespace } from "tracklet/workers";
 * export { TrackletQueue } from "tracklet/workers";
 *
 * interface Env {
 *   MLFLOW_TRACKING_URI: string;
 *   TRACKLET_QUEUE: ObjectNamespace;
 * }
 *
 * export default {
 *   async fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
 *     const tracker = openTracker({ env, queue: env.TRACKLET_QUEUE, experiment: "answers" }, ctx);
 *     const length = await tracker.withRun(async (run) => {
 *       const text = await request.text();
 *       run.logMetric("length", text.length);
 *       return text.length;
 *     });
 *     return new Response(String(length));
 *   },
 * };
 * ```
 */
export function openTracker(options: OpenTrackerOptions, ctx: WaitUntil | { waitUntil: WaitUntil }): Tracker {
  return open(options, ctx, undefined);
}

/**
 * Sends what `onUndelivered` got from an earlier request. Sending the same data again changes nothing on the server,
 * also while somebody else sends them, or a `queue` that took them and could not say so: each looks for a run twice, 5 s
 * apart, before it creates it, and once more 5 s later. Only a create that is on its way for longer than that can leave a
 * second run: that is deleted when it is empty, else tagged `mlflow.tracklet.duplicateOf`.
 *
 * A run that is not there yet takes 10 s for that, and a model of it 10 s more. `resend()` goes on for at most
 * `delivery.exitTimeout`, here of 60 s unless it is given.
 *
 * @param data What `onUndelivered` got, or its `data` alone.
 * @param options As for `openTracker`: the server must be the one that the data were for.
 * @returns What became of it; what is left was handed over once more. What waits for a person is pending, too: whoever
 * keeps the data must go on keeping them.
 * @throws ConfigurationError when the data are something else, of a newer release, or for another server.
 *
 * @example A consumer of a queue of messages
 * ```ts no-run
 * import { resend } from "tracklet/workers";
 *
 * interface Batch {
 *   messages: readonly { body: Uint8Array; ack(): void }[];
 * }
 *
 * export default {
 *   async queue(batch: Batch, env: object, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<void> {
 *     for (const message of batch.messages) {
 *       const { pending } = await resend(message.body, { env }, ctx);
 *       if (pending.points + pending.requests === 0) message.ack();
 *     }
 *   },
 * };
 * ```
 */
export async function resend(
  data: Uint8Array | Pick<Undelivered, "data">,
  options: OpenTrackerOptions,
  ctx: WaitUntil | { waitUntil: WaitUntil },
): Promise<FlushReport> {
  const parcel = decodeParcel(data instanceof Uint8Array ? data : data.data);
  // It may have been sent by one who was stopped before it could say so.
  const chunks = parcel.chunks.map((chunk) => ({ ...chunk, attempted: chunk.attempted || 1 }));
  const timeout = options.delivery?.exitTimeout ?? RESENDING;
  const report = await open(options, ctx, { ...parcel, chunks }).close({ timeout });
  const pending = { ...report.pending };
  add(pending, report.parked);
  return { ...report, pending };
}

function open(
  options: OpenTrackerOptions,
  ctx: WaitUntil | { waitUntil: WaitUntil },
  contents: Parcel | undefined,
): Tracker {
  checkAllOptions(options, rules);
  if (typeof ctx !== "function" && !callable(ctx, "waitUntil")) {
    throw new ConfigurationError(
      `Cannot open a tracker without the context of its request: pass the third argument of the handler, which has waitUntil, as ctx: current value is ${ctx === null ? "null" : typeof ctx}`,
    );
  }
  const { env, queue: given, onUndelivered, ...rest } = options;
  const runtime = workersRuntime(env, options.runtime);
  const place = serverPlace(options, env, runtime);
  if (place.trackingUri === undefined) {
    throw new ConfigurationError(
      'Cannot open a tracker without a server: pass trackingUri, or env with MLFLOW_TRACKING_URI or a service binding named MLFLOW; a Durable Object can be the server: see TrackletServer of "tracklet/workers"',
    );
  }
  const waitUntil: WaitUntil = typeof ctx === "function" ? ctx : (promise) => ctx.waitUntil(promise);
  const own: TrackerOptions = { ...rest, ...place, waitUntil };
  const settings = resolveSettings(own, runtime.environment, runtime.name);
  const destination = destinationOf(own, settings);
  if (contents && JSON.stringify(contents.destination) !== JSON.stringify(destination)) {
    throw new ConfigurationError(
      `Cannot resend what was for ${contents.destination.uri} as it must go there: current server is ${destination.uri}, or another workspace or partition`,
    );
  }
  const namespace = callable(given, "idFromName") ? (given as ObjectNamespace) : undefined;
  const takers = { namespace, name: queueIdentity(own, runtime), onUndelivered };
  const session = new EdgeSession(takers, runtime.clock, waitUntil);
  const pass = (parcel: Parcel): Promise<string | undefined> => session.pass(parcel);
  let queue = namespace ? undefined : (given as QueueStorage | undefined);
  if (!queue) {
    session.queue = new HandingQueue({ runtime, destination, pass, ...(contents && { contents }) });
    queue = session.queue;
  }
  const recover = (queue: Queue): void => void queue.recover().catch(() => {});
  return createOwningTracker(
    { ...own, queue },
    { onLeft: (report) => session.left(report), ...(contents && { onQueue: recover }) },
    {
      runtime,
      onCore: (core) => {
        session.core = core;
      },
      onRun: (core) => session.watch(core),
    },
  );
}
