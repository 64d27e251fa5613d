import { ValidationError } from "../errors/usage-errors.ts";
import { platformClock } from "../runtime/platform-clock.ts";
import { platformRandom } from "../runtime/platform-random.ts";
import { openNodeSqlite } from "../sql/node-sqlite.ts";
import { createArtifactRoot } from "./artifact-root.ts";
import { memoryArtifacts } from "./artifacts/memory.ts";
import { defaultMaxBody } from "./body.ts";
import type { Compat } from "./compat.ts";
import type { ServerContext } from "./context.ts";
import { createDispatcher } from "./dispatch.ts";
import { openSchema } from "./schema/open-schema.ts";
import { createSecurity } from "./security.ts";
import type { Server, ServerOptions } from "./server.ts";

/** Makes a server that acts as one MLflow release; `createServer()` fixes which, mocks choose another. */
export function assembleServer(options: ServerOptions, compat: Compat): Server {
  checkDatabase(options?.database);
  const clock = options.clock ?? platformClock;
  const own = typeof options.database === "string" ? openNodeSqlite(options.database, options) : undefined;
  const db = own ?? (options.database as Exclude<ServerOptions["database"], string>);
  const artifactRoot = createArtifactRoot(options.artifactRoot);
  try {
    openSchema(db, { now: clock.now(), defaultLocation: artifactRoot.locationOf("0") });
  } catch (error) {
    own?.close();
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
  const dispatch = createDispatcher(context, createSecurity(options.security ?? {}, compat), {
    maxBody: options.maxBody ?? defaultMaxBody,
    clock,
    onError: options.onError ?? (() => {}),
  });
  return { fetch: dispatch, close: () => own?.close() };
}

function checkDatabase(database: unknown): void {
  if (typeof database === "string") return;
  const { prepare, then } = (database ?? {}) as { readonly prepare?: unknown; readonly then?: unknown };
  if (typeof prepare === "function") return;
  const cure = typeof then === "function" ? "; await it" : "";
  throw new ValidationError(
    `Cannot create a server as its database must be a file name, ":memory:" or an open database: current value is ${String(database)}${cure}`,
  );
}
