import type { Connection } from "../client/types/connection.ts";
import type { DeliveryClient } from "../queue/delivery-client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Resources } from "./resources.ts";

/** The REST client, loaded with the first request: what only logs starts without it. */
export function lateClient(connection: Connection, runtime: Runtime): () => Promise<Resources> {
  let loaded: Promise<Resources> | undefined;
  return () => {
    loaded ??= import("./resources.ts").then(({ connect }) => connect(connection, runtime));
    // A page that is offline cannot load it either: the next request tries again.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
}

type Method = (...args: unknown[]) => Promise<unknown> & AsyncIterable<unknown>;

/** The same as an object whose methods wait for it. */
export function deliveryClient(load: () => Promise<Resources>): DeliveryClient {
  const resource = <K extends keyof DeliveryClient>(name: K): DeliveryClient[K] => {
    const methods = async (): Promise<Record<string, Method>> =>
      (await load())[name] as unknown as Record<string, Method>;
    const get = (_: object, method: string): unknown =>
      method === "search" || method === "history"
        ? async function* (...args: unknown[]): AsyncGenerator<unknown, void> {
            const resource = await methods();
            yield* resource[method]!(...args);
          }
        : async (...args: unknown[]): Promise<unknown> => (await methods())[method]!(...args);
    return new Proxy({}, { get }) as DeliveryClient[K];
  };
  return {
    experiments: resource("experiments"),
    runs: resource("runs"),
    metrics: resource("metrics"),
    artifacts: resource("artifacts"),
  };
}
