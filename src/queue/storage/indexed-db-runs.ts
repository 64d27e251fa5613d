import { mergeDesired } from "../desired-state.ts";
import type { DesiredRun, RunMapping } from "../storage.ts";
import { queued, type Writing } from "./indexed-db-connection.ts";
import { isOutdated } from "./retention.ts";

/** Notes that a run is in use, and writes `desired` over the state that it shall have. */
export async function touchRun(transaction: Writing, run: string, at: number, desired?: DesiredRun): Promise<void> {
  const runs = transaction.objectStore("runs");
  const kept = await runs.get(run);
  if (kept && !desired && !isOutdated(kept.at, at)) return;
  queued(runs.put({ ...kept, at, ...(desired && { desired: mergeDesired(kept?.desired, desired) }) }, run));
}

/** Keeps a mapping unless there is one, and gives the one that stands. */
export async function keepMapping(transaction: Writing, mapping: RunMapping, at: number): Promise<RunMapping> {
  const runs = transaction.objectStore("runs");
  const kept = await runs.get(mapping.localId);
  if (kept?.mapping) return kept.mapping;
  queued(runs.put({ ...kept, at, mapping }, mapping.localId));
  return mapping;
}
