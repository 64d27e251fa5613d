import type { SealedChunk } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import type { Job } from "./delivery-parts.ts";
import { gone, waits } from "./detours.ts";
import { isDiscarded, type RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import { ofStorage } from "./storage-trouble.ts";

/** What tells whether something is still to be sent. */
export interface WantedParts {
  readonly store: Pick<QueueStore, "seal">;
  readonly view: Scheduler;
}

/** Seals a chunk for sending; undefined when it is gone. Who gave up its run may have said so far behind what is in view. */
export async function sealWanted(
  { store, view }: WantedParts,
  run: RunState,
  order: number,
  term: number,
): Promise<SealedChunk | undefined> {
  const chunk = await store.seal(order, term);
  if (chunk?.discardTo !== undefined && !isDiscarded(run, { order: chunk.discardTo }))
    view.discard(run, chunk.discardTo);
  return chunk;
}

/** Makes sure after a while that a chunk is still to be sent: another leader may have come and gone, or a person given it up. */
export async function stillWanted(parts: WantedParts, { run, chunk, term }: Omit<Job, "content">): Promise<void> {
  if (!(await ofStorage(sealWanted(parts, run, chunk.order, term)))) throw gone;
  if (isDiscarded(run, chunk)) throw waits;
}
