import { isEnd } from "../chunk/request.ts";
import type { MemoryTables } from "./memory-tables.ts";

/** Nothing waits of a run: forgets the oldest of those that are over. */
export function forgetOld(tables: MemoryTables, run: string): void {
  const { accounts, desired, mappings, open, over, waiting } = tables;
  const ended = (id: string): boolean => isEnd(desired.get(id) ?? {});
  waiting.delete(run);
  over.delete(run);
  if (!ended(run)) return;
  over.add(run);
  if (over.size <= tables.keep) return;
  const [oldest = ""] = over;
  over.delete(oldest);
  if (waiting.has(oldest) || open.has(oldest) || !ended(oldest)) return;
  mappings.delete(oldest);
  desired.delete(oldest);
  accounts.forget(oldest);
}
