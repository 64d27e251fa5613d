import { NetworkError, type RequestFacts } from "../errors/network-errors.ts";

/** A try of a request without answer: refused, unreachable, cut. */
export class NoAnswer extends NetworkError {
  constructor(thrown: unknown, request: RequestFacts) {
    // ky's own error holds the request with its headers: only what is below it goes on.
    const cause = thrown instanceof Error && "request" in thrown ? thrown.cause : thrown;
    super(`Cannot ${request.method} ${request.url} as ${reason(cause, request.url)}`, request, { cause });
  }
}

/** What may be the matter, for who has no other sign of it. */
export const noAnswerCure = "is the server running, and trackingUri its address?";

function reason(cause: unknown, url: string): string {
  // Deno's own error; its permission is asked for by nothing here.
  if (cause instanceof Error && cause.name === "NotCapable") {
    return `Deno was started without the permission: start it with --allow-net=${new URL(url).host}`;
  }
  const code = errorCode(cause);
  return `no answer came${code === undefined ? "" : ` (${code})`}: ${noAnswerCure}`;
}

/** `ECONNREFUSED` and the like, which Node keeps one cause deeper. */
function errorCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 2) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : errorCode(cause, depth + 1);
}
