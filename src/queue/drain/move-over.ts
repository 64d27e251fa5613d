import { StorageError } from "../../errors/usage-errors.ts";
import type { Drain, Opened } from "./drain.ts";
import { memoryOnly } from "./memory-only.ts";
import type { MetricBuffer } from "../write/metric-buffer.ts";
import type { Writer } from "../write/writer.ts";

/** Milliseconds between two questions whether a storage is to be had by now that was not. */
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
export async function moveOver(drain: Drain, writer: Writer, opened: Opened): Promise<boolean> {
  if (writer.putting !== undefined || !(await opened.engine.isSpent())) return false;
  drain.better = false;
  await leave(drain, writer, opened);
  return true;
}

/**
 * Goes over to a storage that stands in for one that is full, so that what waits in memory for room there can be sent
 * meanwhile: not before all is delivered that is in the full one, which keeps the order, and makes room by itself.
 */
export async function standIn(drain: Drain, writer: Writer, opened: Opened, cause: unknown): Promise<boolean> {
  const { storage, problems } = drain.parts;
  // What it is not known of whether it was put, must not be put elsewhere.
  drain.unsure ||= !(cause instanceof StorageError && cause.fault === "full");
  if (drain.unsure || !(await opened.engine.isSpent().catch(() => false)) || !storage.standIn?.()) return false;
  await leave(drain, writer, opened, true);
  problems.report(memoryOnly(cause));
  return true;
}

/** Leaves a storage in which nothing of this process waits; with `shown`, others go on to see there that it lives. */
async function leave(drain: Drain, writer: Writer, { store, engine }: Opened, shown = false): Promise<void> {
  const { mappings, onChange } = drain.parts;
  // Who waits for this one has nothing to wait for.
  onChange();
  await engine.release(shown);
  drain.left.add(store);
  for (const mapping of mappings.values()) drain.unkept.add(mapping);
  // What it had of open chunks is delivered: what follows goes on as chunks of their own.
  const buffers = new Set<MetricBuffer | undefined>();
  for (const { buckets } of writer.runs.values()) for (const { values, nans } of buckets) buffers.add(values).add(nans);
  for (const entry of [...writer.outbox, ...(writer.putting ?? [])]) {
    entry.sequence = 0;
    buffers.add(entry.buffer);
  }
  for (const buffer of buffers) if (buffer && buffer.sequence > 0) buffer.shift(buffer.persisted);
}
