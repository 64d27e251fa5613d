import type { QueueStore } from "../storage.ts";
import type { Parcel } from "./parcel.ts";

/** Puts a parcel into a store, behind all that waits there. Once this resolves, it is as durable as the store. */
export async function takeUp(store: QueueStore, { from, chunks, mappings, desired }: Parcel): Promise<void> {
  // First, so that no run is looked for whose id is known.
  for (const mapping of mappings) await store.map(mapping);
  await store.append(from, chunks, desired);
}
