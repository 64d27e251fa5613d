import type { Connection } from "../client/types/connection.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Resources } from "../client/resources.ts";

/** The REST client, loaded with the first request: what only logs starts without it. */
export function lateClient(connection: Connection, runtime: Runtime): () => Promise<Resources> {
  let loaded: Promise<Resources> | undefined;
  return () => {
    loaded ??= import("../queue/drain/loaded-late.ts").then(({ connect }) => connect(connection, runtime));
    // A page that is offline cannot load it either: the next request tries again.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
}
