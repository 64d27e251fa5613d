import type { QueueStorage, QueueStore } from "../storage.ts";

/**
 * A queue in the memory of this process: what the process leaves undelivered at its end is lost, and said so.
 *
 * @example
 * ```ts
 * import { createTracker, memoryQueue } from "tracklet";
 *
 * const tracker = createTracker({ trackingUri: "http://localhost:5000", queue: memoryQueue() });
 * ```
 */
export function memoryQueue(): QueueStorage {
  let store: Promise<QueueStore> | undefined;
  return {
    name: "memory",
    durable: false,
    open: () => {
      store ??= import("../drain/loaded-late.ts").then(({ MemoryStore }) => new MemoryStore());
      store.catch(() => {
        store = undefined;
      });
      return store;
    },
  };
}
