import type { DeliveryClient } from "../../src/queue/delivery-client.ts";
import type { QueueStore } from "../../src/queue/storage.ts";
import type { World } from "./world/world.ts";

/** A queue with one fault of its own, which the simulator must find. */
export interface Mutant {
  readonly name: string;
  /** Takes the place of the store that a process sees. */
  readonly store?: (store: QueueStore, world: World) => QueueStore;
  /** Takes the place of the client that a queue sends with. */
  readonly client?: (client: DeliveryClient) => DeliveryClient;
  /** Changes classes of the queue; gives the way back. */
  readonly patch?: () => () => void;
}

/** The queue as it is. */
export const none: Mutant = { name: "none" };
