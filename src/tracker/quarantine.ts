import type { CallOptions } from "../client/types/connection.ts";
import { quarantineLine } from "../queue/drain/quarantine-line.ts";
import type { QuarantinedItem, QuarantineTarget } from "../queue/drain/quarantine-types.ts";
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

/** Forgets one of what was rejected, or all; gives how many. */
function discardRejected({ rejected, aside, gone }: Guard, id: string | undefined): number {
  let count = 0;
  for (const [name, line] of rejected) {
    if (id !== undefined && line.id !== id) continue;
    rejected.delete(name);
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
