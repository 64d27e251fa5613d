import { add, type Count } from "../amount.ts";
import { assignNow } from "../drain/assign-store.ts";
import type { Drain } from "../drain/drain.ts";
import { mappingAt } from "../send/elsewhere.ts";
import { isDirty, putNow, stubbornly } from "./put.ts";
import type { Amount } from "../types.ts";
import type { Entry, Writer } from "./writer.ts";

/** Puts what a writer holds without waiting, in the last moment of a process; gives what no store holds then. */
export function keepNow(drain: Drain, writer: Writer): Amount {
  const { storage, ledger, runtime, problems } = drain.parts;
  writer.seal();
  // Before it is looked at what is left: who hears of it may log.
  problems.tell();
  if (!storage.durable || (!isDirty(writer) && drain.unkept.size === 0)) return unkept(writer);
  // They are left out, and not in the writer any more.
  let bodies = 0;
  try {
    const now = (drain.store ?? storage.openNow?.())?.now;
    if (!now) return unkept(writer);
    // It may not be open yet, or may be refused as that of somebody else, or be another one by now.
    stubbornly(() => assignNow(now, drain.parts));
    for (const mapping of drain.unkept) {
      stubbornly(() => now.map(mappingAt(mapping, ledger.place)));
      drain.unkept.delete(mapping);
    }
    bodies = [...entriesOf(writer)].filter(({ blob }) => blob).length;
    putNow(writer, now, ledger, drain.order, runtime.clock);
  } catch (cause) {
    problems.report({ kind: "storage", message: "Cannot keep what is logged at the end", cause });
    problems.tell();
  }
  const left = unkept(writer);
  add(left, { points: 0, requests: bodies });
  return left;
}

/** What was taken and no store is known to hold. */
export function unkept(writer: Writer): Count {
  const unkept = { points: 0, requests: 0 };
  for (const { params, tags } of writer.runs.values()) {
    for (const rows of [params, tags]) for (const [, calls] of rows.values()) unkept.requests += calls;
  }
  const buffers = new Set(writer.dirty);
  for (const { buffer, count } of entriesOf(writer)) {
    if (buffer) buffers.add(buffer);
    unkept.requests += count;
  }
  for (const { count, persisted } of buffers) unkept.points += count - persisted;
  return unkept;
}

function entriesOf({ outbox, putting = [] }: Writer): Set<Entry> {
  return new Set([...outbox, ...putting]);
}
