import type { LeaderNote } from "../lead/leader-note.ts";
import type { SendOptions } from "./create-run.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { PROBE_TAG } from "../lead/probe-tag.ts";
import type { RunState } from "./run-state.ts";
import { isOfStorage, ofStorage } from "./storage-trouble.ts";

/** True when the server takes another write of a run: one that it has to store, as it may read, but have no room. */
export async function takesWrites(
  { id, mapping }: RunState,
  client: DeliveryClient,
  note: LeaderNote,
  options: SendOptions,
): Promise<boolean> {
  if (!mapping || mapping.model) return false;
  const { runId } = mapping;
  try {
    // It may come late, or its deletion be lost: whoever leads then looks for it.
    const sure = note.doubtProbe(id);
    await ofStorage(note.keep());
    await client.runs.setTag(runId, PROBE_TAG, "1", options);
    await client.runs.deleteTag(runId, PROBE_TAG, options);
    sure();
    return true;
  } catch (error) {
    if (isOfStorage(error)) throw error;
    return false;
  }
}
