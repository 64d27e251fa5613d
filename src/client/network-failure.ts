import { NetworkError, type RequestFacts } from "../errors/network-errors.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";

/** What is known about the failed request of a page that has read no answer of this server yet. */
export interface NetworkFailure {
  readonly request: RequestFacts;
  readonly cause: unknown;
  /** Address of the server without trailing slash. */
  readonly base: string;
  /** The page's address. */
  readonly page: string;
  readonly fetch: Fetch;
}

/**
 * Explains a page's request without an answer. A browser says the same `TypeError` for an unreachable server and for
 * one that does not allow the page's origin: two small requests tell them apart (`/health` and `/version` are served
 * whatever the Host).
 */
export async function explainNetworkFailure(failure: NetworkFailure): Promise<NetworkError> {
  const { request, cause, base, page, fetch } = failure;
  const explain = (reason: string, originRefused = false): NetworkError =>
    new NetworkError(`Cannot ${request.method} ${request.url} as ${reason}`, request, { cause, originRefused });
  // A page from a file or in a sandbox has the origin "null".
  const origin = URL.canParse(page) ? new URL(page).origin : "null";
  if (!(await resolves(fetch, `${base}/health`, "no-cors"))) {
    return explain(
      `no answer came: is the server running, and may a page of "${origin}" reach it (https pages reach https only)?`,
    );
  }
  if (await resolves(fetch, `${base}/version`, "cors")) {
    return explain(
      "the connection was cut, or the server refuses the Host: if it goes on, start it with --allowed-hosts",
    );
  }
  const cure = `start it with --cors-allowed-origins ${origin}, or put the tracklet relay before it`;
  return explain(`the server does not allow pages of "${origin}": ${cure}`, true);
}

async function resolves(fetch: Fetch, url: string, mode: "cors" | "no-cors"): Promise<boolean> {
  try {
    const response = await fetch(new Request(url, { mode, credentials: "omit", cache: "no-store" }));
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
