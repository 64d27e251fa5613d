import { plainUri } from "../queue/destination.ts";
import type { Fetch } from "../runtime/ports/fetch.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What a service binding without an address is called: servers of this library answer to all such names. */
const BOUND = "http://mlflow.localhost";

/** The way to the server: what options say, else the bindings. */
export interface ServerPlace {
  readonly trackingUri?: string;
  readonly fetch?: Fetch | { fetch: Fetch };
}

/** The server that options and bindings name; without an address when they name none. */
export function serverPlace(given: ServerPlace, env: object | undefined, { environment }: Runtime): ServerPlace {
  const fetch = given.fetch ?? bindingIn(env);
  const trackingUri = given.trackingUri ?? environment.get("MLFLOW_TRACKING_URI")?.trim() ?? (fetch && BOUND);
  return { ...(fetch && { fetch }), ...(trackingUri && { trackingUri }) };
}

/** The same for an address that is known already; the variable may hold it together with credentials. */
export function knownPlace(given: ServerPlace, uri: string, env: object | undefined, runtime: Runtime): ServerPlace {
  const variable = runtime.environment.get("MLFLOW_TRACKING_URI")?.trim();
  const trackingUri = variable !== undefined && plainUri(variable) === uri ? variable : uri;
  return serverPlace({ ...given, trackingUri }, env, runtime);
}

/** The service binding named MLFLOW. */
function bindingIn(env: object | undefined): { fetch: Fetch } | undefined {
  const bound = (env as { readonly MLFLOW?: unknown } | undefined)?.MLFLOW;
  return typeof Object(bound).fetch === "function" ? (bound as { fetch: Fetch }) : undefined;
}
