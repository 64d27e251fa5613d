import type { Count } from "../amount.ts";
import type { Drain } from "../drain/drain.ts";
import { mappingAt } from "../send/elsewhere.ts";
import { isDirty, putNow } from "./put.ts";
import type { Amount } from "../types.ts";
import type { Entry, Writer } from "./writer.ts";

/** Puts what a writer holds without waiting, in the last moment of a process; gives what could not be kept. */
export function keepNow(drain: Drain, writer: Writer): Amount {
  const { storage, ledger, runtime, problems } = drain.parts;
  if (!storage.durable || !isDirty(writer)) return unkept(writer);
  writer.seal();
  // Counted before: they are left out.
  const bodies = [...entriesOf(writer)].filter(({ blob }) => blob).length;
  try {
    const now = (drain.store ?? storage.openNow?.())?.now;
    if (!now) throw new Error("This storage cannot be written to without waiting");
    for (const mapping of drain.unkept) now.map(mappingAt(mapping, ledger.place));
    putNow(writer, now, ledger, drain.order, runtime.clock);
    return { points: 0, requests: bodies };
  } catch (cause) {
    problems.report({ kind: "storage", message: "Cannot keep what is logged at the end", cause });
    return unkept(writer);
  }
}

/** What was taken and no store holds. */
function unkept(writer: Writer): Count {
  const unkept = { points: 0, requests: 0 };
  writer.closeRows();
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
