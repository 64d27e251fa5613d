import type { Compat } from "./compat.ts";
import { checkAuth, type ServerAuth } from "./check-auth.ts";
import { blockedOrigin, corsHeaders, preflightReply } from "./cors.ts";
import { isAllowedHost } from "./hosts.ts";
import { textReply } from "./reply.ts";

/** Who may talk to the server. */
export interface SecurityOptions {
  /**
   * Host names that are served, compared with the whole Host header, `*` for any characters; `["*"]` serves all.
   * @default localhost, loopback and private addresses with any port, as MLflow
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Origins of web pages that may call the server, exactly as browsers send them; `["*"]` allows all, without
   * credentials. Pages from `http://localhost` and loopback addresses are always allowed.
   * @default none
   */
  readonly corsAllowedOrigins?: readonly string[];
  /** Asked of every request but `/health` and `/version`. @default nobody is asked */
  readonly auth?: ServerAuth;
}

/** Checks requests before they reach a route, and dresses their answers. */
export interface Security {
  /** The answer to a request that goes no further, or undefined. */
  admit(request: Request, url: URL): Response | undefined;
  /** Adds the headers that every served answer has. */
  dress(request: Request, response: Response): Response;
}

/** Open to everyone: probes of load balancers name hosts of their own. */
const probes: ReadonlySet<string> = new Set(["/health", "/version"]);

/** The Host and Origin rules of MLflow 3, and a password where one is asked for. */
export function createSecurity(options: SecurityOptions, compat: Compat): Security {
  const origins = options.corsAllowedOrigins ?? [];
  return {
    admit(request, url) {
      const probe = probes.has(url.pathname);
      const origin = request.headers.get("origin");
      if (!compat.anyOrigin) {
        if (!probe && !isAllowedHost(request.headers.get("host") ?? url.host, options.allowedHosts)) {
          return textReply(
            `Invalid Host header - possible DNS rebinding attack detected: allow "${url.hostname}" with --allowed-hosts`,
            403,
            "text/plain",
          );
        }
        const preflight = origin === null ? undefined : preflightReply(request, origin, origins);
        if (preflight !== undefined) return preflight;
        if (origin !== null && blockedOrigin(request.method, url.pathname, origin, origins)) {
          const reply = textReply(
            "Cross-origin request blocked: allow the origin with --cors-allowed-origins",
            403,
            "text/plain",
          );
          return addHeaders(reply, corsHeaders(origin, origins));
        }
      }
      return probe || options.auth === undefined ? undefined : checkAuth(request, options.auth, compat);
    },
    dress(request, response) {
      const origin = compat.anyOrigin ? null : request.headers.get("origin");
      response.headers.set("x-content-type-options", "nosniff");
      response.headers.set("x-frame-options", "SAMEORIGIN");
      return origin === null ? response : addHeaders(response, corsHeaders(origin, origins));
    },
  };
}

function addHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const name in headers) response.headers.set(name, headers[name]!);
  return response;
}
