import type { CallOptions } from "../client/types/connection.ts";
import { quarantineLine } from "../queue/drain/quarantine-line.ts";
import type { QuarantinedItem, QuarantineTarget } from "../queue/drain/quarantine-types.ts";
import type { ReceiptLine } from "../queue/types.ts";
import { type Core, handedOver } from "./core.ts";
import type { Guard } from "./guard.ts";
import { limited } from "./limited.ts";

type Signal = Pick<CallOptions, "signal"> | undefined;

/** What `tracker.queue.quarantine.list()` gives. */
export async function* listQuarantine(core: Core, options: Signal): AsyncGenerator<QuarantinedItem> {
  await handedOver(core);
  yield* (await core.queue.quarantine()).list(options?.signal);
  yield* setAside(core.guard);
}

/** What `tracker.queue.quarantine.export()` gives. */
export async function* exportQuarantine(core: Core, options: Signal): AsyncGenerator<string> {
  await handedOver(core);
  yield* (await core.queue.quarantine()).export(options?.signal);
  for (const item of setAside(core.guard)) yield await quarantineLine(item, undefined);
}

/** The bytes of one thing in quarantine. */
export function quarantineBody(core: Core, target: QuarantineTarget, options?: CallOptions): Promise<Blob | undefined> {
  return limited(core, "quarantine.body", options, "", async () => (await core.queue.quarantine()).body(idOf(target)!));
}

/** Has things sent again. */
export function retryQuarantine(core: Core, target?: QuarantineTarget, options?: CallOptions): Promise<number> {
  return limited(core, "quarantine.retry", options, "", async ({ signal }) =>
    (await core.queue.quarantine()).retry(idOf(target), signal),
  );
}

/** Forgets things. */
export function discardQuarantine(core: Core, target?: QuarantineTarget, options?: CallOptions): Promise<number> {
  const id = idOf(target);
  return limited(core, "quarantine.discard", options, "", async ({ signal }) => {
    const stored = await (await core.queue.quarantine()).discard(id, signal);
    return stored + discardRejected(core.guard, id);
  });
}

/** What was rejected at the call, one for each kind and key of a run. */
function setAside({ rejected }: Guard): QuarantinedItem[] {
  return [...rejected.values()].map(({ key, ...line }) => ({ ...line, runId: undefined, keys: [key], atCall: true }));
}

/** What was rejected at the call and discarded, by kind and key of a run as the guard names them. */
const discarded = new WeakMap<Guard, Map<string, number>>();

/** Lines of a receipt in which what was rejected at the call and discarded counts as dropped. */
export function withDiscarded(guard: Guard, run: string, lines: readonly ReceiptLine[]): readonly ReceiptLine[] {
  const counts = discarded.get(guard);
  if (counts === undefined) return lines;
  return lines.map((line) => {
    const count = counts.get(JSON.stringify([run, `${line.kind} ${line.key}`])) ?? 0;
    return { ...line, dropped: line.dropped + count, quarantined: line.quarantined - count };
  });
}

/** Forgets one of what was rejected, or all; gives how many. */
function discardRejected(guard: Guard, id: string | undefined): number {
  const { rejected, aside, gone } = guard;
  const counts = discarded.get(guard) ?? new Map<string, number>();
  discarded.set(guard, counts);
  let count = 0;
  for (const [name, line] of rejected) {
    if (id !== undefined && line.id !== id) continue;
    rejected.delete(name);
    counts.set(name, (counts.get(name) ?? 0) + line.count);
    const word = line.kind === "metric" ? "points" : "requests";
    aside[word] -= line.count;
    gone[word] += line.count;
    count++;
  }
  return count;
}

function idOf(target: QuarantineTarget | undefined): string | undefined {
  return typeof target === "object" ? target.id : target;
}
