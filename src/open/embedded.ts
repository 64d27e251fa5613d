import type { Fetch } from "../runtime/ports/fetch.ts";

/**
 * The address that clients of an embedded server are told. Nothing listens there: `.localhost` names never leave the
 * machine, so that a client which was not handed the server's `fetch` fails at once instead of reaching a stranger.
 */
export const embeddedUri = "http://tracklet.localhost";

/** An MLflow server in this process. */
export interface EmbeddedServer {
  /** Give it to a client together with `fetch`; nothing listens at this address. */
  readonly trackingUri: string;
  /** Answers every request of the MLflow REST API, in process. */
  readonly fetch: Fetch;
  /** Closes the database. Requests after that are refused. */
  close(): Promise<void>;
}
