import { platformClock } from "../runtime/platform-clock.ts";
import { platformRandom } from "../runtime/platform-random.ts";
import { openNodeSqlite } from "../sql/node-sqlite.ts";
import { createArtifactRoot } from "./artifact-root.ts";
import { memoryArtifacts } from "./artifacts/memory.ts";
import { defaultMaxBody } from "./body.ts";
import type { Compat } from "./compat.ts";
import type { ServerContext } from "./context.ts";
import { type HandleOptions, handleRequest } from "./handle-request.ts";
import { errorReply } from "./reply.ts";
import { Refusal } from "./refusal.ts";
import { Router } from "./router.ts";
import { routes } from "./routes/index.ts";
import { openSchema } from "./schema/open-schema.ts";
import type { Server, ServerOptions } from "./server.ts";

/** The routes never change, so all servers of a process share one table. */
let shared: Router | undefined;

/** Makes a server that acts as one MLflow release; `createServer()` fixes which, mocks choose another. */
export function assembleServer(options: ServerOptions, compat: Compat): Server {
  const clock = options.clock ?? platformClock;
  const db = typeof options.database === "string" ? openNodeSqlite(options.database) : options.database;
  const artifactRoot = createArtifactRoot(options.artifactRoot);
  try {
    openSchema(db, { now: clock.now(), defaultLocation: artifactRoot.locationOf("0") });
  } catch (error) {
    if (typeof options.database === "string") db.close();
    throw error;
  }
  const context: ServerContext = {
    db,
    artifacts: options.artifacts ?? memoryArtifacts(),
    clock,
    random: options.random ?? platformRandom,
    compat,
    artifactRoot,
  };
  const handling: HandleOptions = {
    maxBody: options.maxBody ?? defaultMaxBody,
    clock,
    onError: options.onError ?? (() => {}),
  };
  shared ??= new Router(routes);
  const router = shared;
  return {
    async fetch(request) {
      const url = new URL(request.url);
      const match = router.find(request.method, url.pathname);
      if (match === undefined) return errorReply(new Refusal("ENDPOINT_NOT_FOUND", "no such route"), compat);
      if ("allowed" in match) return errorReply(new Refusal("BAD_REQUEST", "wrong method", 405), compat);
      return handleRequest(context, match.route, match.params, request, url, handling);
    },
    close() {
      if (typeof options.database === "string") db.close();
    },
  };
}
