import type { QueueStorage } from "../../../src/queue/storage.ts";
import { memoryQueue } from "../../../src/queue/storage/memory.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import type { Bench } from "./target.ts";

/** What a process leaves behind for the next one, held in memory: closing a tracker keeps what is not delivered. */
export function survivingQueue(): QueueStorage {
  return { ...memoryQueue(), durable: true };
}

/** Does `work` with no way to the server and ends, then delivers in what stands for another process. */
export async function offlineFirst(
  { another }: Bench,
  work: (tracker: Tracker) => Promise<void> | void,
): Promise<Tracker> {
  const queue = survivingQueue();
  const fetch = (): Promise<Response> => Promise.reject(new TypeError("offline"));
  const offline = another({ queue, fetch, delivery: { mode: "manual" } });
  await work(offline);
  await offline.close();
  const online = another({ queue });
  await online.flush();
  return online;
}
