import { beginLedger } from "../account/account-drafts.ts";
import { assignStore } from "./assign-store.ts";
import type { DeliveryClient } from "../send/delivery-client.ts";
import type { Drain, Opened } from "./drain.ts";
import { mappingAt } from "../send/elsewhere.ts";
import { put } from "../write/put.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";
import { SyncEngine } from "./sync-engine.ts";
import type { Writer } from "../write/writer.ts";

/** Weak evidence, such as a search without hits, is looked for a second time after this. */
const SETTLE_DELAY = 5_000;

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
  };
  const engine = new SyncEngine({ ...parts, ...found, settleDelay: SETTLE_DELAY });
  drain.engine = engine;
  engine.run(drain.running);
  return { store, engine };
}

/** Puts what a writer holds into the store, and tells the engine. */
export async function putAll(drain: Drain, writer: Writer, { store, engine }: Opened): Promise<void> {
  const { ledger, runtime } = drain.parts;
  const { order, renewed } = await put(writer, engine.intake, ledger, drain.order, runtime.clock);
  drain.order = renewed ? order : Math.max(drain.order, order);
  engine.appended();
  if (renewed) {
    await assignStore(store, drain.parts);
    engine.restart();
  }
}

/** Keeps which run of the server a run of ours is. */
export async function keepMapping(drain: Drain, mapping: RunMapping): Promise<void> {
  try {
    const { store } = await drain.open();
    await store.map(mappingAt(mapping, drain.parts.ledger.place));
    drain.unkept.delete(mapping);
  } catch (cause) {
    const message = `Cannot keep in the queue that run "${mapping.localId}" is ${mapping.runId} on the server`;
    drain.parts.problems.report({ kind: "storage", run: mapping.localId, message, cause });
  }
}
