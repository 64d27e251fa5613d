import type { Drain, Opened } from "./drain.ts";
import { isSameDestination } from "../destination.ts";
import type { MetricBuffer } from "../write/metric-buffer.ts";
import { openMark } from "./note-openings.ts";
import { mappingAt } from "../send/elsewhere.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { Writer } from "../write/writer.ts";

/** Milliseconds between two questions whether a storage answers by now that gave no answer in time. */
const ASK = 30_000;
const PAGE = 200;
const NOT_YET = "move over";

/** Asks now and then for the storage that the present one stands in for, until that answers. */
export function askAgain(drain: Drain): void {
  const { storage, runtime } = drain.parts;
  if (!storage.answers) return;
  const ask = (): void => {
    if (drain.closed) return;
    storage.answers?.().then(
      (store) => {
        if (drain.closed) store?.close().catch(() => {});
        else if (store && !storage.durable) drain.better = store;
        else if (!storage.durable) runtime.clock.after(ASK, ask);
      },
      () => {},
    );
  };
  if (!storage.durable) runtime.clock.after(ASK, ask);
}

/**
 * Goes over to the storage that answers by now, from one in memory: as soon as nothing waits there and nothing is in doubt.
 * What is carried over is which runs are on the server, and which of them are open, so that these are ended in the place
 * of a process that is killed.
 */
export async function moveOver(
  drain: Drain,
  writer: Writer,
  { store, engine }: Opened,
  better: QueueStore,
): Promise<boolean> {
  const { mappings, problems, onChange, ledger, destination } = drain.parts;
  if (writer.putting !== undefined || !(await engine.isSpent())) return false;
  let carried: ReadonlySet<string> | undefined;
  try {
    if (destination && !isSameDestination(await better.assign(destination), destination)) return false;
    carried = await carryMappings(drain, store, better);
  } catch (cause) {
    problems.report({ kind: "storage", key: NOT_YET, message: "Cannot move over to the durable queue yet", cause });
  }
  if (!carried) return false;
  // Who waits for this one has nothing to wait for.
  onChange();
  await engine.release();
  closeTails(writer);
  drain.former = store;
  drain.better = undefined;
  problems.solve("memory-queue");
  problems.solve("storage", undefined, NOT_YET);
  for (const mapping of mappings.values()) if (!carried.has(mapping.localId)) drain.unkept.add(mapping);
  for (const run of engine.openings.open) {
    if (!ledger.find(run)?.ended) writer.outbox.unshift(openMark(run));
  }
  return true;
}

/**
 * Keeps in another storage which runs are on the server, and gives ours. Undefined while one of them waits for a parent
 * that may be created yet: which runs that one is the parent of, only this storage knows.
 */
async function carryMappings(drain: Drain, from: QueueStore, to: QueueStore): Promise<Set<string> | undefined> {
  const found: RunMapping[] = [];
  for (let page: readonly RunMapping[] = []; found.length === 0 || page.length === PAGE; found.push(...page)) {
    page = await from.mappings(found.at(-1)?.localId ?? "", PAGE);
    if (page.length === 0) break;
  }
  for (const { orphanOf } of found) if (orphanOf !== undefined && !(await from.mapping(orphanOf))) return undefined;
  for (const mapping of found) await to.map(mappingAt(mapping, drain.parts.ledger.place));
  return new Set(found.map(({ localId }) => localId));
}

/** What the former storage had of open chunks is delivered: what follows goes on as chunks of their own. */
function closeTails({ runs, outbox }: Writer): void {
  const close = (buffer: MetricBuffer | undefined): void => {
    if (buffer && buffer.sequence > 0) buffer.shift(buffer.persisted);
  };
  for (const { buckets } of runs.values()) {
    for (const { values, nans } of buckets) for (const buffer of [values, nans]) close(buffer);
  }
  for (const { buffer } of outbox) close(buffer);
}
