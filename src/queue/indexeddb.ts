/**
 * A queue in IndexedDB, for pages and workers: what is not sent yet survives the page, and tabs may share it.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 * import { indexedDbQueue } from "tracklet/queue/indexeddb";
 *
 * const queue = indexedDbQueue({ name: "my-lab" });
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", queue });
 * ```
 *
 * @module
 */
export { indexedDbQueue, type IndexedDbQueueOptions } from "./storage/indexed-db.ts";
export type { QueueStorage, QueueStore } from "./storage.ts";
