import { ConfigurationError } from "../errors/usage-errors.ts";
import { webDefaults } from "../runtime/web.ts";
import { checkAllOptions, trackerRules } from "../tracker/check-options.ts";
import { createOwningTracker } from "../tracker/owning-tracker.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";
import { browserQueue } from "./browser-queue.ts";
import { queueIdentity } from "./queue-identity.ts";

/**
 * Opens a tracker in a page or its worker: on the MLflow server at `trackingUri`, or, without one, on the embedded
 * server over SQLite WASM in memory, which is loaded only then and gone with the page.
 *
 * What a server does not have yet waits in IndexedDB, and survives the page: the next page of this origin that opens a
 * tracker for the server sends it. It waits in memory where the browser allows no IndexedDB, which is told.
 *
 * @throws ConfigurationError when the address cannot be used.
 *
 * @example
 * ```ts
 * import { openTracker } from "tracklet/browser";
 *
 * const tracker = await openTracker({ experiment: "digits" });
 * await tracker.withRun({ name: "first" }, (run) => run.logMetric("accuracy", 0.97));
 * ```
 */
export async function openTracker(options: TrackerOptions = {}): Promise<Tracker> {
  checkAllOptions(options, trackerRules);
  const runtime = webDefaults(options.runtime);
  const place = options.strict
    ? { runtime, onCore: (await import("../tracker/on-demand.ts")).checkAtOnce }
    : { runtime };
  if (options.trackingUri !== undefined) {
    const { queue = browserQueue(queueIdentity(options, runtime), runtime) } = options;
    return createOwningTracker(
      { ...options, queue },
      { onQueue: (queue) => void queue.recover().catch(() => {}) },
      place,
    );
  }
  if (options.fetch !== undefined) {
    throw new ConfigurationError(
      "Cannot use the option fetch without a server: pass its http(s) address as trackingUri, too",
    );
  }
  const { openMemoryServer } = await import("./memory-server.ts");
  const server = await openMemoryServer(runtime);
  try {
    const own = { ...options, trackingUri: server.trackingUri, fetch: server.fetch };
    return createOwningTracker(own, { embedded: true, onClosed: () => server.close() }, place);
  } catch (error) {
    await server.close();
    throw error;
  }
}
