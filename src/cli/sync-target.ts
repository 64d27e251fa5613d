import type { Connection } from "../client/types/connection.ts";
import { type Destination, plainUri } from "../queue/destination.ts";
import { openLocalServer } from "../open/local-server.ts";
import { parseTrackingPlace } from "../open/tracking-place.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { resolveSettings } from "../tracker/settings.ts";

/** Where a queue is sent to. */
export interface SyncTarget {
  readonly connection: Connection & { readonly fetch: Fetch };
  /** For people; holds no credentials. */
  readonly label: string;
  /** What a queue file says that is for it. */
  readonly destination: Destination;
  close(): Promise<void>;
}

/**
 * The server at an address, with credentials from MLflow's environment variables, or the local store of `sqlite:///FILE`.
 *
 * @throws ConfigurationError when the address cannot be used.
 */
export async function openSyncTarget(trackingUri: string, runtime: Runtime): Promise<SyncTarget> {
  const place = parseTrackingPlace(trackingUri);
  if (place.kind === "database") {
    const server = await openLocalServer({ directory: undefined, database: place.path }, runtime);
    const fetch: Fetch = async (request) => {
      // It answers without a turn of the event loop: signals, time limits and the bar would wait for the end.
      await new Promise<void>((resolve) => void runtime.clock.after(0, resolve));
      request.signal.throwIfAborted();
      return server.fetch(request);
    };
    const connection = { trackingUri: server.trackingUri, fetch, runtime };
    const destination = { uri: `sqlite://${place.path}` };
    return { connection, label: place.path, destination, close: async () => server.close() };
  }
  const settings = resolveSettings({ trackingUri: place.trackingUri }, runtime.environment, runtime.name);
  const { auth, workspace, timeout, retries } = settings;
  return {
    connection: {
      trackingUri: settings.trackingUri,
      fetch: runtime.fetch,
      runtime,
      ...(auth === undefined ? {} : { auth }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(retries === undefined ? {} : { retry: { limit: retries } }),
    },
    label: settings.trackingUri,
    destination: { uri: plainUri(settings.trackingUri), ...(workspace === undefined ? {} : { workspace }) },
    close: async () => {},
  };
}
