import { isEnd } from "../chunk/request.ts";
import type { MemoryTables } from "./memory-tables.ts";

/** A chunk of a run waits, or is set aside: the run is kept. */
export function hold({ held }: MemoryTables, run: string): void {
  held.set(run, 1 + (held.get(run) ?? 0));
}

/** It does not any more: with the last one, forgets the oldest of the runs that are over. */
export function letGo(tables: MemoryTables, run: string): void {
  const { accounts, desired, held, mappings, open, over } = tables;
  const ended = (id: string): boolean => isEnd(desired.get(id) ?? {});
  const left = held.get(run)! - 1;
  if (left > 0) {
    held.set(run, left);
    return;
  }
  held.delete(run);
  over.delete(run);
  if (!ended(run)) return;
  over.add(run);
  if (over.size <= tables.keep) return;
  const [oldest = ""] = over;
  over.delete(oldest);
  if (held.has(oldest) || open.has(oldest) || !ended(oldest)) return;
  mappings.delete(oldest);
  desired.delete(oldest);
  accounts.forget(oldest);
}
