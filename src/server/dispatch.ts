import type { Fetch } from "../runtime/ports/fetch.ts";
import type { Compat } from "./compat.ts";
import type { ServerContext } from "./context.ts";
import { type HandleOptions, handleRequest } from "./handle-request.ts";
import { errorReply } from "./reply.ts";
import { Refusal } from "./refusal.ts";
import { Router } from "./router.ts";
import { routes } from "./routes/index.ts";
import { isNotServed } from "./routes/not-served.ts";
import type { Security } from "./security.ts";

/** The routes never change, so all servers of a process that act as one release share a table. */
const routers = new Map<boolean, Router>();

function routerOf(compat: Compat): Router {
  let router = routers.get(compat.release2);
  if (router === undefined) {
    router = new Router(compat.release2 ? routes.filter((route) => route.since === undefined) : routes);
    routers.set(compat.release2, router);
  }
  return router;
}

/** The way of a request through the server: security, route, handler, headers. */
export function createDispatcher(context: ServerContext, security: Security, options: HandleOptions): Fetch {
  const { compat } = context;
  const router = routerOf(compat);
  const answer = async (request: Request, url: URL): Promise<Response> => {
    const match = router.find(request.method, url.pathname);
    if (match === undefined) return errorReply(noRoute(request.method, url.pathname), compat);
    if ("allowed" in match) return wrongMethod(request, match.allowed, compat);
    if (request.headers.has("x-mlflow-workspace") && !compat.release2) return errorReply(noWorkspaces(), compat);
    return handleRequest(context, match.route, match.params, request, url, options);
  };
  return async (request) => {
    const url = new URL(request.url);
    const refused = security.admit(request, url);
    if (refused !== undefined) return refused;
    const response = security.dress(request, await answer(request, url));
    return request.method === "HEAD" && response.body !== null ? new Response(null, response) : response;
  };
}

function noRoute(method: string, path: string): Refusal {
  const shown = `${method} ${path.slice(0, 200)}`;
  if (isNotServed(path)) {
    return new Refusal(
      "NOT_IMPLEMENTED",
      `Cannot serve "${shown}" as this embedded server does not have that part of MLflow: run "mlflow server" on the same database for it`,
    );
  }
  return new Refusal("ENDPOINT_NOT_FOUND", `Cannot serve "${shown}" as MLflow has no such route`);
}

function wrongMethod(request: Request, allowed: readonly string[], compat: Compat): Response {
  const allow = allowed.join(", ");
  if (request.method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow, "content-type": "text/html; charset=utf-8" } });
  }
  const reply = errorReply(
    new Refusal("BAD_REQUEST", `Cannot use ${request.method} here: allowed are ${allow}`, 405),
    compat,
  );
  reply.headers.set("allow", allow);
  return reply;
}

function noWorkspaces(): Refusal {
  return new Refusal("FEATURE_DISABLED", "Workspace APIs are not available: workspaces are not enabled on this server");
}
