import { mergeDesired } from "../desired-state.ts";
import type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  DesiredRun,
  QuarantinedChunk,
  QueueStore,
  RunMapping,
  StorageCounts,
  StoredChunk,
} from "../storage.ts";
import { type Connection, queued, type StoreName, type Writing } from "./indexed-db-connection.ts";
import { type ChunkRecord, newState } from "./indexed-db-schema.ts";
import { checkTerm, type Count, isChild, tally, tallyWaiting, type Tally } from "./tally.ts";
import { isOutdated } from "./retention.ts";
import type { Clock } from "../../runtime/ports/clock.ts";

/** One transaction that changes chunks and counters. */
interface Change {
  readonly transaction: Writing;
  term: number;
  readonly counts: Tally;
}

/** A queue in IndexedDB. What a method promises is in the database when its promise resolves, as far as `durability` goes. */
export class IndexedDbStore implements QueueStore {
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  append(
    writer: string,
    drafts: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
  ): Promise<readonly Appended[]> {
    return this.#change(["chunks", "writers", "runs"], async (change) => {
      const { transaction, counts } = change;
      const writers = transaction.objectStore("writers");
      let last = (await writers.get(writer))?.last ?? 0;
      const results: Appended[] = [];
      for (const draft of drafts) {
        const { order: place = 0, ...facts } = draft;
        const before = place === 0 ? undefined : await transaction.objectStore("chunks").get(place);
        const own = before?.writer === writer && before.sequence === draft.sequence ? before : undefined;
        if (own ? own.sealed : draft.sequence <= last) {
          results.push({ stored: false, order: own ? place : 0, count: own?.count });
          continue;
        }
        if (own) tallyWaiting(counts, sized(own), -1);
        const order = own ? place : ++counts.order;
        last = Math.max(last, draft.sequence);
        this.#insert(change, order, { ...facts, writer, span: 1, bytes: draft.body.length, attempted: 0 });
        results.push({ stored: true, order, count: draft.count });
      }
      const at = drafts.at(-1)?.at ?? this.#clock.now();
      if (drafts.length > 0) queued(writers.put({ last, at }, writer));
      const runs = new Set([...drafts.map(({ run }) => run), ...(desired?.keys() ?? [])]);
      for (const run of runs) await touch(transaction, run, at, desired?.get(run));
      return results;
    });
  }

  beginTerm(): Promise<number> {
    return this.#change([], async (change) => ++change.term);
  }

  heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    return this.#connection.read(["chunks"], async (transaction) => {
      const chunks = transaction.objectStore("chunks");
      const range = IDBKeyRange.lowerBound(after, true);
      const [keys, records] = await Promise.all([chunks.getAllKeys(range, limit), chunks.getAll(range, limit)]);
      return records.map((record, n) => header(keys[n]!, record));
    });
  }

  seal(order: number, term: number): Promise<StoredChunk | undefined> {
    return this.#guarded(order, term, async ({ transaction }, chunk) => {
      if (!chunk.sealed) queued(transaction.objectStore("chunks").put({ ...chunk, sealed: true }, order));
      return { ...chunk, sealed: true, order };
    });
  }

  async markAttempted(order: number, term: number): Promise<void> {
    await this.#guarded(order, term, async ({ transaction }, chunk) => {
      if (chunk.attempted === 0) queued(transaction.objectStore("chunks").put({ ...chunk, attempted: term }, order));
    });
  }

  async acknowledge(order: number, term: number, mapping?: RunMapping): Promise<void> {
    await this.#finish(order, term, "delivered", mapping);
  }

  async drop(order: number, term: number): Promise<void> {
    await this.#finish(order, term, "dropped");
  }

  replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
  ): Promise<readonly ChunkHeader[] | undefined> {
    return this.#guarded(order, term, async (change, parent) => {
      const { transaction, counts } = change;
      if (isChild(parent, children[0])) {
        // It took place before, and only its answer was lost: nothing may be counted twice.
        const places = children.map((_, n) => order + n * parent.span);
        const found = await Promise.all(places.map((place) => transaction.objectStore("chunks").get(place)));
        return found.flatMap((chunk, n) => (chunk ? [header(places[n]!, chunk)] : []));
      }
      this.#remove(change, order, parent);
      tally(counts, parent, rest);
      const span = parent.span / children.length;
      return children.map((child, n) => {
        const { blob: _, ...kept } = parent;
        const chunk = { ...kept, ...child, span, sequence: 0, bytes: child.body.length, sealed: true, attempted: 0 };
        this.#insert(change, order + n * span, chunk);
        tally(counts, child, rest, -1);
        return header(order + n * span, chunk);
      });
    });
  }

  async quarantine(order: number, term: number, reason: string): Promise<void> {
    await this.#guarded(
      order,
      term,
      async (change, chunk) => {
        this.#remove(change, order, chunk);
        tally(change.counts, chunk, "quarantined");
        queued(change.transaction.objectStore("quarantined").put({ ...chunk, reason }, order));
      },
      ["quarantined"],
    );
  }

  quarantined(): Promise<readonly QuarantinedChunk[]> {
    return this.#connection.read(["quarantined"], async (transaction) => {
      const store = transaction.objectStore("quarantined");
      const [keys, records] = await Promise.all([store.getAllKeys(), store.getAll()]);
      return records.map((record, n) => ({ ...record, order: keys[n]! }));
    });
  }

  release(order: number): Promise<boolean> {
    return this.#aside(order, async (change, { reason: _, ...chunk }) => {
      this.#insert(change, ++change.counts.order, { ...chunk, span: 1 });
      await touch(change.transaction, chunk.run, this.#clock.now());
    });
  }

  discard(order: number): Promise<boolean> {
    return this.#aside(order, async ({ counts }, chunk) => tally(counts, chunk, "dropped"));
  }

  async mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#connection.read(
      ["runs"],
      async (transaction) => (await transaction.objectStore("runs").get(localId))?.mapping,
    );
  }

  map(mapping: RunMapping): Promise<RunMapping> {
    return this.#connection.write(["runs"], (transaction) => keepMapping(transaction, mapping, this.#clock.now()));
  }

  async desired(localId: string): Promise<DesiredRun | undefined> {
    return this.#connection.read(
      ["runs"],
      async (transaction) => (await transaction.objectStore("runs").get(localId))?.desired,
    );
  }

  async status(): Promise<StorageCounts> {
    const read = (): Promise<StorageCounts | undefined> =>
      this.#connection.read(
        ["state"],
        async (transaction) => (await transaction.objectStore("state").get("state"))?.counts,
      );
    return (await read()) ?? this.#change([], async ({ counts }) => counts);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** One transaction over the state and `stores`. */
  #change<T>(stores: StoreName[], body: (change: Change) => Promise<T>): Promise<T> {
    return this.#connection.write(["state", ...stores], async (transaction) => {
      const store = transaction.objectStore("state");
      let state = await store.get("state");
      if (!state) {
        // Emptied while it was open. What is there beside the state is of the time after.
        this.#connection.lost();
        state = newState();
      }
      const change = { transaction, term: state.term, counts: state.counts };
      const result = await body(change);
      queued(store.put({ term: change.term, counts: change.counts }, "state"));
      return result;
    });
  }

  /** A change of one chunk by the leader; undefined when the chunk is gone. */
  #guarded<T>(
    order: number,
    term: number,
    body: (change: Change, chunk: ChunkRecord) => Promise<T>,
    stores: StoreName[] = [],
  ): Promise<T | undefined> {
    return this.#change(["chunks", ...stores], async (change) => {
      checkTerm(change.term, term);
      const chunk = await change.transaction.objectStore("chunks").get(order);
      return chunk && body(change, chunk);
    });
  }

  /** Takes a chunk out of quarantine; false when it is not there. */
  #aside(
    order: number,
    body: (change: Change, chunk: ChunkRecord & { reason: string }) => Promise<void>,
  ): Promise<boolean> {
    return this.#change(["chunks", "quarantined", "runs"], async (change) => {
      const store = change.transaction.objectStore("quarantined");
      const chunk = await store.get(order);
      if (!chunk) return false;
      tally(change.counts, chunk, "quarantined", -1);
      queued(store.delete(order));
      await body(change, chunk);
      return true;
    });
  }

  async #finish(order: number, term: number, as: Count, mapping?: RunMapping): Promise<void> {
    await this.#change(mapping ? ["chunks", "runs"] : ["chunks"], async (change) => {
      checkTerm(change.term, term);
      const chunk = await change.transaction.objectStore("chunks").get(order);
      if (chunk) {
        this.#remove(change, order, chunk);
        tally(change.counts, chunk, as);
      }
      if (mapping) await keepMapping(change.transaction, mapping, this.#clock.now());
    });
  }

  #insert({ transaction, counts }: Change, order: number, chunk: ChunkRecord): void {
    queued(transaction.objectStore("chunks").put(chunk, order));
    tallyWaiting(counts, sized(chunk), 1);
  }

  #remove({ transaction, counts }: Change, order: number, chunk: ChunkRecord): void {
    queued(transaction.objectStore("chunks").delete(order));
    tallyWaiting(counts, sized(chunk), -1);
  }
}

function sized(chunk: ChunkRecord): ChunkRecord & { readonly blobBytes: number } {
  return { ...chunk, blobBytes: chunk.blob?.size ?? 0 };
}

function header(order: number, { body: _, blob: __, ...facts }: ChunkRecord): ChunkHeader {
  return { ...facts, order };
}

async function touch(transaction: Writing, run: string, at: number, desired?: DesiredRun): Promise<void> {
  const runs = transaction.objectStore("runs");
  const kept = await runs.get(run);
  if (kept && !desired && !isOutdated(kept.at, at)) return;
  queued(runs.put({ ...kept, at, ...(desired && { desired: mergeDesired(kept?.desired, desired) }) }, run));
}

async function keepMapping(transaction: Writing, mapping: RunMapping, at: number): Promise<RunMapping> {
  const runs = transaction.objectStore("runs");
  const kept = await runs.get(mapping.localId);
  if (kept?.mapping) return kept.mapping;
  queued(runs.put({ ...kept, at, mapping }, mapping.localId));
  return mapping;
}
