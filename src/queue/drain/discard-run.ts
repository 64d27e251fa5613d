import { StorageError, ValidationError } from "../../errors/usage-errors.ts";
import { decodeChunk } from "../chunk/content.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { Drain } from "./drain.ts";
import type { Flusher } from "./flusher.ts";
import type { QueueStore } from "../storage.ts";
import type { WaitLimits } from "../waiters.ts";
import type { Writer } from "../write/writer.ts";

const PAGE = 256;

/**
 * Has all dropped that waits of a run and of its models, whoever logged it: what says so is put behind it, so that it is
 * durable, and comes to whoever leads. Waits until that is done, unless nothing is sent.
 *
 * @param id Either id.
 * @throws ValidationError for a run that nobody knows; StorageError when it cannot be kept.
 */
export async function discardRun(
  id: string,
  drain: Drain,
  writer: Writer,
  flusher: Flusher,
  limits: WaitLimits,
): Promise<void> {
  const { engine, store } = await drain.open();
  // A queue that is opened for just that would begin to send it.
  const release = engine.hold();
  let runs: ReadonlySet<string>;
  try {
    runs = await put(id, drain, writer, store);
  } finally {
    release();
  }
  engine.hurry();
  // Waiting has all sent, which nobody asked for.
  if (drain.parts.settings.mode === "manual") return;
  await flusher.deliver(limits, runs);
  await flusher.refresh();
}

/** Puts what says so behind all that waits; gives the runs and models that it is of. */
async function put(id: string, drain: Drain, writer: Writer, store: QueueStore): Promise<ReadonlySet<string>> {
  await keep(writer);
  const run = (await isKnown(drain, store, id)) ? id : await localIdOf(store, id);
  if (run === undefined) {
    const must = `its id must be that of a run of which something waits, or was sent from here: current value is "${id}"`;
    throw new ValidationError(`Cannot discard the run as ${must}`);
  }
  const runs = new Set([run, ...(await modelsOf(store, run))]);
  for (const each of runs) {
    writer.end(each);
    writer.outbox.push({ run: each, kind: "discard", sealed: true, sequence: 0, count: 0, request: true });
    drain.parts.ledger.run(each).ended = true;
  }
  await keep(writer);
  for (const each of runs) drain.givenUp.add(each);
  // Somebody may wait for its creation.
  drain.parts.onChange();
  return runs;
}

async function keep(writer: Writer): Promise<void> {
  if (await writer.persist()) return;
  throw new StorageError("Cannot discard the run as that cannot be kept: the storage failed, try again");
}

async function isKnown(drain: Drain, store: QueueStore, id: string): Promise<boolean> {
  if (drain.parts.ledger.find(id) !== undefined || (await store.mapping(id)) !== undefined) return true;
  for await (const { run } of headers(store)) if (run === id) return true;
  return false;
}

/** Of a run that an earlier process mapped. */
async function localIdOf(store: QueueStore, runId: string): Promise<string | undefined> {
  for (let after = ""; ; ) {
    const page = await store.mappings(after, PAGE);
    const found = page.find((mapping) => mapping.runId === runId && mapping.model === undefined);
    if (found) return found.localId;
    if (page.length < PAGE) return undefined;
    after = page.at(-1)!.localId;
  }
}

/** Models of which something waits. */
async function modelsOf(store: QueueStore, run: string): Promise<ReadonlySet<string>> {
  const models = new Set<string>();
  const others = new Set<string>([run]);
  for await (const { run: id, kind, order } of headers(store)) {
    if (kind === "model" && (await modelRun(store, order)) === run) models.add(id);
    if (others.has(id)) continue;
    others.add(id);
    if ((await store.mapping(id))?.model?.run === run) models.add(id);
  }
  return models;
}

async function modelRun(store: QueueStore, order: number): Promise<string | undefined> {
  const chunk = await store.chunk(order);
  try {
    const content = chunk && decodeChunk(chunk);
    return content?.kind === "model" ? content.request.run : undefined;
  } catch {
    // Damaged: whoever sends it sets it aside.
    return undefined;
  }
}

async function* headers(store: QueueStore): AsyncGenerator<ChunkHeader> {
  for (let after = 0; ; ) {
    const page = await store.heads(after, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.order;
  }
}
