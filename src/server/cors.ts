import { toPattern } from "./hosts.ts";
import { textReply } from "./reply.ts";

const methods = "GET, POST, PUT, DELETE, OPTIONS, PATCH";
const changing: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH"]);

/** Whose pages may read answers: plain http on this machine, and the origins that were named. */
function isReadable(origin: string, allowed: readonly string[]): boolean {
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(origin) || isNamed(origin, allowed);
}

function isNamed(origin: string, allowed: readonly string[]): boolean {
  return allowed.some((name) => (name.includes("*") ? toPattern(name).test(origin) : name === origin));
}

/** True for a request that would change something and comes from a page of somebody else. */
export function blockedOrigin(method: string, path: string, origin: string, allowed: readonly string[]): boolean {
  if (!changing.has(method) || !/^\/(?:ajax-)?api\//.test(path)) return false;
  // https on this machine is served, but cannot read the answer: MLflow does the same.
  return !/^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(origin) && !isNamed(origin, allowed);
}

/** Headers for an answer to a page. */
export function corsHeaders(origin: string, allowed: readonly string[]): Record<string, string> {
  const all = allowed.includes("*");
  const headers: Record<string, string> = { "access-control-expose-headers": "*", vary: "Origin" };
  if (!all) headers["access-control-allow-credentials"] = "true";
  if (all) headers["access-control-allow-origin"] = "*";
  else if (isReadable(origin, allowed)) {
    headers["access-control-allow-origin"] = origin;
    // MLflow sends the word twice here, once from each of its layers.
    headers["vary"] = "Origin, Origin";
  }
  return headers;
}

/** The answer to a browser's question before the request, or undefined when this is none. */
export function preflightReply(request: Request, origin: string, allowed: readonly string[]): Response | undefined {
  const method = request.headers.get("access-control-request-method");
  if (request.method !== "OPTIONS" || method === null) return undefined;
  const readable = isReadable(origin, allowed);
  const wrong = [...(readable ? [] : ["origin"]), ...(methods.split(", ").includes(method) ? [] : ["method"])];
  const reply = wrong.length === 0 ? textReply("OK") : textReply(`Disallowed CORS ${wrong.join(", ")}`, 400);
  const all = allowed.includes("*");
  if (readable) reply.headers.set("access-control-allow-origin", all ? "*" : origin);
  if (!all) reply.headers.set("access-control-allow-credentials", "true");
  reply.headers.set("access-control-allow-methods", methods);
  reply.headers.set("access-control-max-age", "600");
  const wanted = request.headers.get("access-control-request-headers");
  if (wanted !== null) reply.headers.set("access-control-allow-headers", wanted);
  reply.headers.set(
    "vary",
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
  );
  return reply;
}
