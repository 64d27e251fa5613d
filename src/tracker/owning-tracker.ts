import type { Connection } from "../client/types/connection.ts";
import { createQueue } from "../queue/create-queue.ts";
import type { Destination } from "../queue/destination.ts";
import type { Queue } from "../queue/queue.ts";
import { memoryQueue } from "../queue/storage/memory.ts";
import type { FlushReport } from "../queue/types.ts";
import type { EndReason } from "../runtime/ports/lifecycle.ts";
import type { Locks } from "../runtime/ports/locks.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Core, exitTimeout, handedOver, sharedLimits } from "./core.ts";
import { Guard } from "./guard.ts";
import { lateClient } from "./late-client.ts";
import { RunHandle } from "./run.ts";
import { localIds } from "./run-id.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import { shown } from "./shown.ts";
import { experimentOf, startRun, withRun } from "./start-run.ts";
import { systemTags } from "./system-tags.ts";
import { TrackerHandle } from "./tracker.ts";
import type { Tracker } from "./types/tracker.ts";
import type { TrackerOptions } from "./types/tracker-options.ts";

/** Where a tracker runs. */
export interface Place {
  readonly runtime: Runtime;
  /** What is done at the end of the process; absent where none can be heard of. */
  readonly atEnd?: (core: Core, reason: EndReason) => Promise<void>;
  /** Gets what the parts of the tracker share. */
  readonly onCore?: (core: Core) => void;
  /** Called with the first run, and the first after `unwatchEnd`; gives the way to stop. */
  readonly onRun?: (core: Core) => () => void;
}

/** What only `openTracker` says. */
export interface OwnedParts {
  /** The server runs in this process and has no address that others could use. */
  readonly embedded?: boolean;
  /** Files and folders that hold what is logged, and so are not logged themselves. */
  readonly ownPaths?: readonly string[];
  /** Locks of all who share the store of the embedded server. */
  readonly locks?: Locks;
  /** Whether tracked files differ from the commit, found out before the first run, as a tag that comes later is one request more. */
  readonly dirty?: boolean | undefined;
  /** Gets the queue before anything is logged. */
  readonly onQueue?: (queue: Queue) => void;
  /** Called when the host has waited for a run that ended, whether or not something is left. */
  readonly onLeft?: (report: FlushReport) => Promise<void>;
  /** Called when the tracker has closed, to close what it owns. */
  readonly onClosed?: () => void | Promise<void>;
}

/** `createTracker` for those who own more than the tracker; the options are checked already. */
export function createOwningTracker(options: TrackerOptions, owned: OwnedParts, place: Place): Tracker {
  const { runtime, atEnd, onRun } = place;
  const settings = resolveSettings(options, runtime.environment, runtime.name);
  const guard = new Guard(options.strict === true, options.onProblem);
  const connection: Connection = connectionOf(options, settings, runtime);
  const client = lateClient(connection, runtime);
  const queue = createQueue({
    storage: options.queue ?? memoryQueue(),
    client,
    runtime,
    onProblem: guard.pass,
    inProcess: owned.embedded === true,
    // The address of a server in this process means nothing.
    ...(owned.embedded === true ? {} : { destination: destinationOf(options, settings) }),
    ...(options.delivery === undefined ? {} : { delivery: options.delivery }),
  });
  guard.hostedBy({ refuse: (...call) => queue.refuse(...call), now: () => runtime.clock.now() });
  let tags: Readonly<Record<string, string>> | undefined;
  let unwatch: (() => void) | undefined;
  const core: Core = {
    options,
    connection,
    runtime,
    queue,
    client,
    guard,
    active: runtime.asyncContexts.create(),
    newLocalId: localIds(runtime.clock, runtime.random),
    systemTags: () => {
      tags ??= {
        ...systemTags(runtime, options.user ?? runtime.environment.user()),
        ...(owned.dirty === undefined ? {} : { "mlflow.tracklet.git.dirty": String(owned.dirty) }),
      };
      return tags;
    },
    open: new Map(),
    background: new Set(),
    afterDelivery: new Set(),
    embedded: owned.embedded === true,
    ownPaths: owned.ownPaths ?? [],
    locks: owned.locks,
    experiment: settings.experiment,
    watchEnd: () => {
      if (atEnd) unwatch ??= runtime.lifecycle.onEnd((reason) => atEnd(core, reason));
      else unwatch ??= onRun?.(core);
    },
    unwatchEnd: () => {
      unwatch?.();
      unwatch = undefined;
    },
    runEnded: () => waitFor(core, owned.onLeft),
    startRun: (given) => startRun(core, given),
    experimentOf: (given) => experimentOf(core, given),
    handleOf: (seed) => new RunHandle(core, seed),
    withRun: (given, body) => withRun(core, given, body),
  };
  if (runtime.name === "browser") warnInPage(core);
  place.onCore?.(core);
  owned.onQueue?.(queue);
  return new TrackerHandle(core, owned.onClosed ?? (() => {}));
}

/** Asks the host of an edge function to stay until what was logged is delivered, or `exitTimeout` is over. */
function waitFor(core: Core, onLeft: OwnedParts["onLeft"]): void {
  const { waitUntil } = core.options;
  if (waitUntil === undefined) return;
  const limits = sharedLimits(core, { timeout: exitTimeout(core) });
  const delivered = handedOver(core, limits())
    .then(() => core.queue.flush(limits()))
    .then((report) => onLeft?.(report));
  if (typeof waitUntil === "function") waitUntil(delivered);
  else waitUntil.waitUntil(delivered);
}

/** Where the data of a tracker goes, and whose it is. */
export function destinationOf({ partition }: TrackerOptions, { trackingUri, workspace }: Settings): Destination {
  return {
    // Plain already: the settings have taken user info and trailing slashes off it.
    uri: trackingUri,
    ...(workspace === undefined ? {} : { workspace }),
    ...(partition === undefined ? {} : { partition }),
  };
}

function connectionOf(options: TrackerOptions, settings: Settings, runtime: Core["runtime"]): Connection {
  const { trackingUri, auth, workspace, timeout, retries } = settings;
  const connection: Connection = {
    trackingUri,
    fetch: options.fetch ?? runtime.fetch,
    runtime,
    ...(auth === undefined ? {} : { auth }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(retries === undefined ? {} : { retry: { limit: retries } }),
  };
  // Whoever prints a tracker, or writes it as JSON, must not write its token.
  const toJSON = (): object => ({ trackingUri, ...(workspace && { workspace }) });
  Object.defineProperty(connection, "toJSON", { value: toJSON });
  return shown(connection, () => `Connection to ${trackingUri}${auth === undefined ? "" : " (with credentials)"}`);
}

function warnInPage({ connection, queue, guard }: Core): void {
  if (connection.auth !== undefined && typeof connection.auth !== "function") {
    const message = "Everybody can read the MLflow credentials in this page: use a relay, or a function for auth";
    guard.tell({ kind: "token-in-page", message });
  }
  if (!queue.durable) {
    const message = "Unsent data waits in memory and is lost with this page: await tracker.flush() before";
    guard.tell({ kind: "memory-queue", message });
  }
}
