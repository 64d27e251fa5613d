import { ConfigurationError } from "../errors/usage-errors.ts";
import type { Queue } from "../queue/queue.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { checkAtOnce } from "../tracker/alerts/check-at-once.ts";
import { checkAllOptions, trackerRules } from "../tracker/check-options.ts";
import { createOwningTracker } from "../tracker/owning-tracker.ts";
import { endWithProcess } from "../tracker/process-end.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";
import { localQueue, queueFolder } from "./local-queue.ts";
import { openLocalServer } from "./local-server.ts";
import { queueIdentity } from "./queue-identity.ts";
import { parseTrackingPlace } from "./tracking-place.ts";
import { tellUnreadable } from "./unreadable-address.ts";

/** How a tracker of this machine is opened. */
export interface OpenTrackerOptions extends TrackerOptions {
  /**
   * `http(s)://...`: that server. `sqlite:///file` or nothing: the embedded server on that file.
   * @default MLFLOW_TRACKING_URI, else the file `mlflow.db` of the directory
   */
  readonly trackingUri?: string;
  /**
   * Holds `mlflow.db` and `mlruns`, or, with a server, `.tracklet` with what it does not have yet; made when missing.
   * @default the working directory
   */
  readonly directory?: string;
}

/**
 * Opens a tracker: on the MLflow server at `trackingUri` or MLFLOW_TRACKING_URI, or, where there is none, on the
 * embedded server over `mlflow.db` and `mlruns` of the directory, which `mlflow ui` and Python open too.
 *
 * What a server does not have yet waits in a SQLite file in `.tracklet` of the directory, and survives this process: the
 * next tracker of the directory and server sends it, and so does `tracklet sync`. It waits in memory where there can be
 * no such file, which is told.
 *
 * @throws ConfigurationError when the address cannot be used, or the file is not a database of MLflow or cannot be written.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/local";
 *
 * await using tracker = await openTracker({ experiment: "penguins" });
 * await tracker.withRun({ name: "baseline" }, (run) => run.logMetric("accuracy", 0.97));
 * ```
 */
export async function openTracker(options: OpenTrackerOptions = {}): Promise<Tracker> {
  checkAllOptions(options, { directory: "string", ...trackerRules });
  const { directory, ...rest } = options;
  const runtime = defaultRuntime(options.runtime);
  const address = options.trackingUri ?? (runtime.environment.get("MLFLOW_TRACKING_URI")?.trim() || undefined);
  if (address === undefined) tellUnreadable(runtime);
  const place = address === undefined ? undefined : parseTrackingPlace(address);
  if (place?.kind === "server") return openOnServer({ ...rest, trackingUri: place.trackingUri }, directory, runtime);
  if (options.fetch !== undefined) {
    throw new ConfigurationError(
      "Cannot use the option fetch without a server: pass its http(s) address as trackingUri, too",
    );
  }
  const looked = changed(runtime);
  const server = await openLocalServer({ directory, database: place?.path ?? "mlflow.db" }, runtime);
  try {
    const own = { ...rest, trackingUri: server.trackingUri, fetch: server.fetch };
    const owned = {
      embedded: true,
      ownPaths: server.ownPaths,
      locks: server.locks,
      dirty: await looked,
      onClosed: () => server.close(),
    };
    return createOwningTracker(own, owned, { runtime, atEnd: endWithProcess, onCore: checkAtOnce });
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Whether tracked files differ from the commit; undefined where it cannot be told. */
async function changed({ environment }: Runtime): Promise<boolean | undefined> {
  return environment.dirty?.().catch(() => undefined);
}

/** Nothing is made before the first write, so that who only reads leaves no trace. */
async function openOnServer(
  options: TrackerOptions,
  directory: string | undefined,
  runtime: Runtime,
): Promise<Tracker> {
  const { queue = localQueue(queueIdentity(options, runtime), directory, runtime) } = options;
  let prepared: Promise<void> | undefined;
  const onQueue = (queue: Queue): void => {
    prepared = queue.prepare();
    void queue.recover().catch(() => {});
  };
  const ownPaths = runtime.files ? [queueFolder(runtime.files, directory)] : [];
  const owned = { ownPaths, onQueue, dirty: await changed(runtime) };
  const tracker = createOwningTracker({ ...options, queue }, owned, {
    runtime,
    atEnd: endWithProcess,
    onCore: checkAtOnce,
  });
  // From here on process.exit() loses nothing. What is missing for it is told with the first write.
  await prepared?.catch(() => {});
  return tracker;
}
