import { NetworkError, type RequestFacts } from "../errors/network-errors.ts";

/** A try of a request without answer: refused, unreachable, cut. */
export class NoAnswer extends NetworkError {
  constructor(thrown: unknown, request: RequestFacts) {
    // ky's own error holds the request with its headers: only what is below it goes on.
    const cause = thrown instanceof Error && "request" in thrown ? thrown.cause : thrown;
    const code = errorCode(cause);
    super(
      `Cannot ${request.method} ${request.url} as no answer came${code === undefined ? "" : ` (${code})`}: is the server running, and trackingUri its address?`,
      request,
      { cause },
    );
  }
}

/** `ECONNREFUSED` and the like, which Node keeps one cause deeper. */
function errorCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 2) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : errorCode(cause, depth + 1);
}
