import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";

/** An operation fails before it does what is asked for, or after. */
export type When = "before" | "after";

/** A storage whose operations fail when told to: before they happened, or although they did. */
export function flaky(
  fails: (operation: string, number: number, given: readonly unknown[]) => When | undefined,
  error: Error = new Error("disk"),
  inner: QueueStorage = memoryQueue(),
): QueueStorage {
  let number = 0;
  return {
    ...inner,
    open: async () =>
      new Proxy(await inner.open(), {
        get(store, name: keyof QueueStore) {
          if (typeof store[name] !== "function") return store[name];
          const operation = store[name].bind(store) as (...given: unknown[]) => Promise<unknown>;
          return async (...given: unknown[]): Promise<unknown> => {
            const when = fails(name, ++number, given);
            if (when === "before") throw error;
            const result = await operation(...given);
            if (when === "after") throw error;
            return result;
          };
        },
      }),
  };
}
