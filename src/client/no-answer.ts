import { NetworkError, type RequestFacts } from "../errors/network-errors.ts";

/** A try of a request without answer: refused, unreachable, cut. */
export class NoAnswer extends NetworkError {
  constructor(thrown: unknown, request: RequestFacts) {
    // ky's own error holds the request with its headers: only what is below it goes on.
    const cause = thrown instanceof Error && "request" in thrown ? thrown.cause : thrown;
    super(`Cannot ${request.method} ${request.url} as ${reason(cause, request.url)}`, request, { cause });
  }
}

function reason(cause: unknown, address: string): string {
  const { protocol, hostname, port, host } = new URL(URL.canParse(address) ? address : "http://unknown");
  // Deno's own error; its permission is asked for by nothing here.
  if (cause instanceof Error && cause.name === "NotCapable") {
    return `Deno was started without the permission: start it with --allow-net=${host}`;
  }
  const found = errorCode(cause);
  const code = found === undefined ? "" : ` (${found})`;
  const words = wordsOf(cause);
  // The platforms say each of these in words of their own, Node and Bun in codes too.
  if (/bad port|requests to port \d+ are blocked/i.test(words)) {
    return `fetch never opens port ${port}, which belongs to another protocol: serve MLflow at another port, and name that in trackingUri`;
  }
  if (/ENOTFOUND|EAI_AGAIN|dns error/.test(code + words)) {
    const sought = soughtHost(cause, words) ?? hostname;
    return sought === hostname
      ? `nobody knows the host "${hostname}"${code}: is trackingUri spelled right, and is there a network?`
      : `nobody knows the host "${sought}"${code}, which the server at "${host}" sends to: does MLflow answer there, or a login page or proxy before it?`;
  }
  if (protocol === "https:" && /WRONG_VERSION|EPROTO|wrong version|InvalidContentType/.test(code + words)) {
    return `no TLS connection came about${code}: does the server at this port speak http://, and not https://?`;
  }
  if (/does not match the HTTP|invalid HTTP version/.test(words)) {
    return "the answer is not HTTP: does the server at this port speak https://, or something else?";
  }
  return `no answer came${code}: is the server running, and trackingUri its address?`;
}

/** `ECONNREFUSED` and the like, which Node keeps one cause deeper. */
export function errorCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 2) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : errorCode(cause, depth + 1);
}

/** The host whose name was looked up, where the platform tells: after a redirect it is another one than was asked. */
function soughtHost(error: unknown, words: string): string | undefined {
  for (let depth = 0, at = error; depth < 3 && typeof at === "object" && at !== null; depth++) {
    const { hostname, cause } = at as { hostname?: unknown; cause?: unknown };
    if (typeof hostname === "string" && hostname !== "") return hostname.slice(0, 253).toLowerCase();
    at = cause;
  }
  // Deno has the address in the message.
  const url = /for url \((\S+)\)/.exec(words)?.[1];
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** The messages of an error and of what is below it. */
function wordsOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 2) return "";
  return `${error.message} ${wordsOf(error.cause, depth + 1)}`;
}
