import type { QueueStorage } from "../queue/storage.ts";
import { indexedDbQueue } from "../queue/storage/indexed-db.ts";
import { memoryQueue } from "../queue/storage/memory.ts";
import { withFallback } from "../queue/storage/with-fallback.ts";
import type { Runtime } from "../runtime/runtime.ts";

/**
 * The queue of a tracker in a page: an IndexedDB database of that name, shared by all tabs and workers of the origin. In
 * memory where the browser allows none, which is told with the first write.
 */
export function browserQueue(name: string, { clock }: Runtime): QueueStorage {
  return withFallback(indexedDbQueue({ name, clock }), memoryQueue());
}
