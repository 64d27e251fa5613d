import type { Runtime } from "../runtime/runtime.ts";
import type { DeliveryClient } from "./send/delivery-client.ts";
import type { Destination } from "./destination.ts";
import type { Queue, QueueOptions } from "./queue.ts";
import type { QueueStorage } from "./storage.ts";
import { StoredQueue } from "./stored-queue.ts";

/** What a queue is made of. */
export interface CreateQueueOptions extends QueueOptions {
  readonly storage: QueueStorage;
  /** Gives the REST client when there is something to send; after a failure it is asked again. */
  readonly client: () => Promise<DeliveryClient>;
  readonly runtime: Runtime;
  /** Milliseconds without a sign of life after which a leader counts as gone; for tests. @default 60000 */
  readonly lease?: number | undefined;
  /** The server is in this process: with a memory queue, only what it has is durable. @default false */
  readonly inProcess?: boolean | undefined;
  /** How many runs that are delivered and over `receipt()` and `knownRunId()` still know. @default 10000 */
  readonly keptRuns?: number | undefined;
  /** Where the data goes, and whose it is: a storage of another one is not used. @default whatever it is of */
  readonly destination?: Destination | undefined;
  /** Experiment, by name, for runs that were logged for another server and give theirs by its id. @default none: they wait */
  readonly moved?: string | undefined;
}

/** Makes a queue over a storage. Nothing happens before the first write: no I/O and no timer. */
export function createQueue(options: CreateQueueOptions): Queue {
  return new StoredQueue(options);
}
