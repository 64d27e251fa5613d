import type { Drain, Opened } from "./drain.ts";
import type { MetricBuffer } from "../write/metric-buffer.ts";
import type { Writer } from "../write/writer.ts";

/** Milliseconds between two questions whether a storage answers by now that gave no answer in time. */
const ASK = 30_000;

/** Asks now and then for the storage that the present one stands in for, until that answers. */
export function askAgain(drain: Drain): void {
  const { storage, runtime } = drain.parts;
  if (!storage.answers) return;
  const ask = (): void => {
    if (drain.closed) return;
    storage.answers?.().then(
      (answers) => {
        if (answers && !storage.durable) drain.better = true;
        else if (!storage.durable) runtime.clock.after(ASK, ask);
      },
      () => {},
    );
  };
  if (!storage.durable) runtime.clock.after(ASK, ask);
}

/**
 * Goes over to the storage that answers by now, from one in memory: as soon as nothing waits there and nothing is in doubt,
 * so that nothing has to be carried over but which runs are on the server.
 */
export async function moveOver(drain: Drain, writer: Writer, { store, engine }: Opened): Promise<boolean> {
  const { mappings, problems, onChange } = drain.parts;
  if (writer.putting !== undefined || !(await engine.isSpent())) return false;
  // Who waits for this one has nothing to wait for.
  onChange();
  await engine.release();
  closeTails(writer);
  drain.former = store;
  drain.better = false;
  problems.solve("memory-queue");
  for (const mapping of mappings.values()) drain.unkept.add(mapping);
  return true;
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
