/**
 * A queue in a SQLite file, for Node, Deno and Bun: what is not sent yet survives the process, and several processes may
 * share it.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 * import { sqliteQueue } from "tracklet/queue/sqlite";
 *
 * const queue = sqliteQueue({ path: ".tracklet/queue.db" });
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", queue });
 * ```
 *
 * @module
 */
export { sqliteQueue, type SqliteQueueOptions } from "./storage/sqlite.ts";
export type { QueueStorage, QueueStore } from "./storage.ts";
