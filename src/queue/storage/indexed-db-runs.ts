import { mergeDesired } from "../chunk/desired-state.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { put } from "./indexed-db-requests.ts";
import { isOutdated } from "./retention.ts";

/**
 * Notes that a run is in use, and writes `desired` over the state that it shall have. Gives when it was in use, as it is
 * noted now.
 */
export async function touchRun(transaction: Writing, run: string, at: number, desired?: DesiredRun): Promise<number> {
  const runs = transaction.objectStore("runs");
  const kept = await runs.get(run);
  if (kept && !desired && !isOutdated(kept.at, at)) return kept.at;
  put(transaction, "runs", { ...kept, at, ...(desired && { desired: mergeDesired(kept?.desired, desired) }) }, run);
  return at;
}

/** Keeps a mapping unless there is one, and gives the one that stands. */
export async function keepMapping(transaction: Writing, mapping: RunMapping, at: number): Promise<RunMapping> {
  const runs = transaction.objectStore("runs");
  const kept = await runs.get(mapping.localId);
  if (kept?.mapping) return kept.mapping;
  put(transaction, "runs", { ...kept, at, mapping }, mapping.localId);
  return mapping;
}

/** Mappings of runs above `after`, in order. */
export async function mappingsOf(transaction: Reading, after: string, limit: number): Promise<RunMapping[]> {
  const found: RunMapping[] = [];
  const above = IDBKeyRange.lowerBound(after, true);
  for (let cursor = await transaction.objectStore("runs").openCursor(above); cursor; cursor = await cursor.continue()) {
    if (cursor.value.mapping) found.push(cursor.value.mapping);
    if (found.length === limit) break;
  }
  return found;
}
