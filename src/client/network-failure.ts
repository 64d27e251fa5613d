import { NetworkError, type RequestFacts } from "../errors/network-errors.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";

/** What is known about the failed request and its surroundings. */
export interface NetworkFailure {
  readonly request: RequestFacts;
  readonly cause: unknown;
  /** Address of the server without trailing slash. */
  readonly base: string;
  /** The page's address; undefined outside a browser. */
  readonly page: string | undefined;
  readonly fetch: Fetch;
  /** True when this page has read an answer of the server before: it is then no refused origin. */
  readonly answered: boolean;
}

/**
 * Explains a request without an answer. A browser says the same `TypeError` for an unreachable server and for one that
 * does not allow the page's origin: two small requests tell them apart (`/health` and `/version` are served whatever
 * the Host).
 */
export async function explainNetworkFailure(failure: NetworkFailure): Promise<NetworkError> {
  const { request, cause, base } = failure;
  const start = `Cannot ${request.method} ${request.url} as`;
  const origin = originOf(failure.page);
  if (origin === undefined || origin === originOf(base) || failure.answered) {
    const code = codeOf(cause);
    return new NetworkError(
      `${start} no answer came${code === undefined ? "" : ` (${code})`}: is the server running at "${base}"`,
      request,
      { cause },
    );
  }
  if (!(await resolves(failure.fetch, `${base}/health`, "no-cors"))) {
    return new NetworkError(
      `${start} the server cannot be reached from this page: is it running, and does a page of "${origin}" reach "${base}" (https pages reach https only)`,
      request,
      { cause },
    );
  }
  if (await resolves(failure.fetch, `${base}/version`, "cors")) {
    return new NetworkError(
      `${start} the connection was cut, or the server refuses the Host: if it goes on, start it with --allowed-hosts`,
      request,
      { cause },
    );
  }
  return new NetworkError(
    `${start} the server does not allow pages of "${origin}": start it with --cors-allowed-origins ${origin}, or put the tracklet relay before it`,
    request,
    { cause, originRefused: true },
  );
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

function originOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address) ? new URL(address).origin : undefined;
}

/** `ECONNREFUSED` and the like, which Node keeps one cause deeper. */
function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 3; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === "string") return code;
    at = cause;
  }
  return undefined;
}
