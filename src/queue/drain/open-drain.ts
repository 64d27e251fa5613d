import { beginLedger } from "../account/account-drafts.ts";
import { assignStore } from "./assign-store.ts";
import type { DeliveryClient } from "../send/delivery-client.ts";
import type { Drain, Opened } from "./drain.ts";
import { noteOpenings } from "./note-openings.ts";
import { mappingAt } from "../send/elsewhere.ts";
import { LateUploads } from "../send/late-uploads.ts";
import { patiently, put } from "../write/put.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";
import { SyncEngine } from "./sync-engine.ts";
import { ToldAside } from "../lead/told-aside.ts";
import type { Waiters } from "../waiters.ts";
import { lostBody } from "../write/artifact-room.ts";
import type { Entry, Writer } from "../write/writer.ts";

/** Weak evidence, such as a search without hits, is looked for a second time after this. */
const SETTLE_DELAY = 5_000;
/** Milliseconds that closing may take at least. */
const SHORTEST = 1_000;

/** The part of opening a drain that comes when its code is loaded and its storage is open. */
export async function openDrain(drain: Drain, client: DeliveryClient, store: QueueStore): Promise<Opened> {
  const { parts, sought, unverified } = drain;
  const { storage, ledger } = parts;
  const destination = await assignStore(store, parts);
  drain.store = store;
  drain.client = client;
  // Before the counts: who leads between the two is known by the term, and may have sent what they name.
  const lease = await store.lease();
  const counts = await store.status();
  beginLedger(ledger, counts);
  drain.order = counts.order;
  // Nobody waits for it: until it is known, the bound is that of the options.
  void storage
    .room?.()
    .then((bytes = drain.room) => {
      drain.room = bytes;
    })
    .catch(() => {});
  const { name, durable } = storage;
  const opened = { counts, lease };
  const found = {
    client,
    name,
    store,
    sought,
    unverified,
    opened,
    maxBytes: () => drain.maxBytes(),
    durable,
    destination,
    toldAside: new ToldAside(parts.problems),
    lateUploads: new LateUploads(parts.settings.requestTimeout),
  };
  const engine = new SyncEngine({ ...parts, ...found, settleDelay: SETTLE_DELAY });
  drain.engine = engine;
  engine.run(drain.running);
  return { store, engine };
}

/** Lets others lead, and lets go of the stores, if need be later than it is waited for. */
export async function closeDrain(drain: Drain, opening: Promise<Opened>, waiters: Waiters, end: number): Promise<void> {
  const { storage, runtime } = drain.parts;
  const close = async (): Promise<void> => {
    const opened = await opening.catch(() => undefined);
    await opened?.engine.release();
    for (const store of [drain.former, drain.better, opened?.store]) await store?.close().catch(() => undefined);
  };
  // A storage may not answer any more. Who takes what was in memory takes their own time.
  const limits = storage.durable ? { timeout: Math.max(SHORTEST, end - runtime.clock.monotonic()) } : {};
  await waiters.settled(close(), limits);
}

/**
 * Puts what a writer holds into the store, and tells the engine. Which run of the server a run is comes first: whoever
 * leads would take one that was resumed here for one that was never created.
 */
export async function putAll(drain: Drain, writer: Writer, opened: Opened): Promise<void> {
  const { store, engine } = opened;
  const { ledger, runtime, problems, onChange } = drain.parts;
  const { intake } = engine;
  const map = async (): Promise<void> => {
    for (const mapping of drain.unkept) await keep(drain, store, mapping);
  };
  if (drain.unkept.size > 0) await patiently(runtime.clock, map);
  const append: QueueStore["append"] = async (...given) => {
    // Of what was resumed since.
    if (drain.unkept.size > 0) await map();
    return intake.append(...given);
  };
  await noteOpenings(drain, writer, opened);
  const onUnread = (lost: readonly Entry[]): void => {
    for (const entry of lost) problems.report(lostBody(entry));
    // It leaves room.
    onChange();
  };
  const to = { append, ...(store.copies && { copies: store.copies }) };
  const { order, renewed } = await put(writer, to, ledger, drain.order, runtime.clock, onUnread);
  drain.order = renewed ? order : Math.max(drain.order, order);
  engine.appended();
  engine.openings.remind(runtime.clock, () => {
    if (!drain.closed) void writer.persist();
  });
  if (renewed) {
    await assignStore(store, drain.parts);
    engine.restart();
  }
}

/** Keeps which run of the server a run of ours is; when that fails, what is put next tries again. */
export async function keepMapping(drain: Drain, mapping: RunMapping): Promise<void> {
  try {
    const { store } = await drain.open();
    await patiently(drain.parts.runtime.clock, () => keep(drain, store, mapping));
  } catch (cause) {
    const message = `Cannot keep in the queue that run "${mapping.localId}" is ${mapping.runId} on the server`;
    drain.parts.problems.report({ kind: "storage", run: mapping.localId, message, cause });
  }
}

async function keep({ parts, unkept }: Drain, store: QueueStore, mapping: RunMapping): Promise<void> {
  await store.map(mappingAt(mapping, parts.ledger.place));
  unkept.delete(mapping);
  parts.problems.solve("storage", mapping.localId);
}
