import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";

/**
 * The same durable storage as processes see it that have nothing in common but it: no locks, no messages. One hears of
 * nothing that it did there before `awake` resolves.
 */
export function byLease(storage: QueueStorage, awake: () => Promise<void> = async () => {}): QueueStorage {
  return {
    ...storage,
    durable: true,
    open: async () => {
      const store = await storage.open();
      return new Proxy(store, {
        get(_, name: keyof QueueStore) {
          if (name === "locks" || name === "broadcast") return undefined;
          if (typeof store[name] !== "function") return store[name];
          const operation = store[name].bind(store) as (...given: unknown[]) => unknown;
          return async (...given: unknown[]): Promise<unknown> => {
            const result = await operation(...given);
            await awake();
            return result;
          };
        },
      });
    },
  };
}
