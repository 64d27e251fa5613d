import { ConfigurationError } from "../errors/index.ts";
import { createOwningTracker, createTracker } from "../tracker/create-tracker.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";

/**
 * Opens a tracker in a page or its worker: on the MLflow server at `trackingUri`, or, without one, on the embedded
 * server over SQLite WASM in memory, which is loaded only then and gone with the page.
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
  if (options.trackingUri !== undefined) return createTracker(options);
  if (options.fetch !== undefined) {
    throw new ConfigurationError(
      "Cannot use the option fetch without a server: pass its http(s) address as trackingUri, too",
    );
  }
  const { openMemoryServer } = await import("./memory-server.ts");
  const server = await openMemoryServer(options.runtime);
  try {
    const own = { ...options, trackingUri: server.trackingUri, fetch: server.fetch };
    return createOwningTracker(own, { embedded: true, onClosed: () => server.close() });
  } catch (error) {
    await server.close();
    throw error;
  }
}
