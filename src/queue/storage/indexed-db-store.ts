import type { Destination } from "../destination.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type { AccountDraft, AccountRecord } from "../account/account-record.ts";
import type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  QuarantinedChunk,
  QuarantinedHeader,
  StoredChunk,
} from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import { type Claim, claimed, type Lease, released } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { Locks } from "../../runtime/ports/locks.ts";
import { accountsOf, settleAccount } from "./indexed-db-accounts.ts";
import { type Change, insertChunk, plainHeader, removeChunk, wholeChunk } from "./indexed-db-chunks.ts";
import type { Connection, StoreName } from "./indexed-db-connection.ts";
import { beatOpenRuns, isOpenBy, readOpenRuns } from "./indexed-db-open-runs.ts";
import { putChunks } from "./indexed-db-put.ts";
import { replaceChunk } from "./indexed-db-replace.ts";
import { get, put, remove } from "./indexed-db-requests.ts";
import { keepMapping, mappingsOf, touchRun } from "./indexed-db-runs.ts";
import { type ChunkRecord, newState } from "./indexed-db-schema.ts";
import { checkTerm, tally } from "./tally.ts";

/** Runs of which it is remembered when they were in use. */
const MOST_TOUCHED = 1_000;

/** What a put changes, beside the state. */
const PUT: StoreName[] = ["chunks", "bodies", "writers", "runs", "accounts", "open"];

/** A queue in IndexedDB. What a method promises is in the database when its promise resolves, as far as `durability` goes. */
export class IndexedDbStore implements QueueStore {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly locks: Locks | undefined;
  readonly broadcast: Broadcast | undefined;
  counted: StorageCounts | undefined;
  /** Runs of which it need not be looked up when they were in use: who logs on and on to one does so each time. */
  readonly #touched = new Map<string, number>();

  constructor(
    connection: Connection,
    clock: Clock,
    { locks, broadcast }: Pick<QueueStore, "locks" | "broadcast"> = {},
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.locks = locks;
    this.broadcast = broadcast;
  }

  async append(
    writer: string,
    drafts: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts: readonly AccountDraft[] = [],
  ): Promise<readonly Appended[]> {
    const put = { writer, drafts, desired, accounts, at: this.#at(drafts) };
    const { results, touched, counts } = await this.#change(PUT, async (change) => ({
      ...(await putChunks(change, this.#touched, put)),
      counts: change.counts,
    }));
    this.counted = counts;
    if (this.#touched.size >= MOST_TOUCHED) this.#touched.clear();
    for (const [run, at] of touched) this.#touched.set(run, at);
    return results;
  }

  async lease(): Promise<Lease> {
    const { term, lease } = await this.#state();
    return { ...lease, term };
  }

  beginTerm(claim: Claim = {}): Promise<number> {
    return this.#change([], async (change) => {
      const lease = claimed({ ...change.lease, term: change.term }, claim);
      if (!lease) return 0;
      change.lease = lease;
      return ++change.term;
    });
  }

  async verify(term: number): Promise<void> {
    checkTerm((await this.#state()).term, term);
  }

  async beat(term: number, state: Pick<Lease, "locked" | "says">): Promise<void> {
    await this.#change([], async (change) => {
      checkTerm(change.term, term);
      change.lease = { ...change.lease, ...state, beat: change.lease.beat + 1 };
    });
  }

  async endTerm(term: number): Promise<void> {
    await this.#change([], async (change) => {
      if (change.term === term) change.lease = released(change.lease);
    });
  }

  async leaveNote(term: number, note: string): Promise<void> {
    await this.#change(["notes"], async ({ transaction, term: present }) => {
      checkTerm(present, term);
      put(transaction, "notes", note, "note");
    });
  }

  note(): Promise<string | undefined> {
    return this.#connection.read(["notes"], (transaction) => transaction.objectStore("notes").get("note"));
  }

  heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    return this.#connection.read(["chunks"], async (transaction) => {
      const range = IDBKeyRange.lowerBound(after, true);
      return (await transaction.objectStore("chunks").getAll(range, limit)).map(plainHeader);
    });
  }

  chunk(order: number): Promise<StoredChunk | undefined> {
    return this.#connection.read(["chunks", "bodies"], async (transaction) => {
      const chunk = await transaction.objectStore("chunks").get(order);
      return chunk && wholeChunk(transaction, chunk);
    });
  }

  async seal(order: number, term: number): Promise<StoredChunk | undefined> {
    // Most chunks were sealed by their writer: reading those keeps no other tab from writing.
    const found = await this.#connection.read(["state", "chunks", "bodies"], async (transaction) => {
      checkTerm((await transaction.objectStore("state").get("state"))?.term ?? 0, term);
      const chunk = await transaction.objectStore("chunks").get(order);
      return chunk?.sealed ? wholeChunk(transaction, chunk) : undefined;
    });
    if (found) return found;
    return this.#guarded(order, term, ({ transaction }, chunk) => {
      const sealed = { ...chunk, sealed: true };
      put(transaction, "chunks", sealed);
      return wholeChunk(transaction, sealed);
    });
  }

  async markAttempted(order: number, term: number): Promise<void> {
    await this.#guarded(order, term, async ({ transaction }, chunk) => {
      if (chunk.attempted === 0) put(transaction, "chunks", { ...chunk, attempted: term });
    });
  }

  async acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    await this.#finish(order, term, "delivered", keys, mapping);
  }

  async drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    await this.#finish(order, term, "dropped", keys);
  }

  replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    return this.#guarded(order, term, (change, parent) => replaceChunk(change, parent, children, rest, keys));
  }

  openRuns(after: string, limit: number): Promise<readonly OpenRun[]> {
    return this.#connection.read(["state", "open", "writers"], (transaction) =>
      readOpenRuns(transaction, after, limit),
    );
  }

  appear(writer: string): Promise<void> {
    return this.#connection.write(["open"], (transaction) => beatOpenRuns(transaction, writer));
  }

  recover(
    term: number,
    open: OpenRun,
    writer: string,
    chunks: readonly ChunkDraft[],
    desired: DesiredRun,
  ): Promise<boolean> {
    return this.#change(PUT, async (change) => {
      checkTerm(change.term, term);
      if (!(await isOpenBy(change.transaction, open))) return false;
      const put = { writer, drafts: chunks, desired: new Map([[open.run, desired]]), at: this.#at(chunks) };
      await putChunks(change, new Map(), put);
      return true;
    });
  }

  async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    await this.#guarded(
      order,
      term,
      async (change, chunk) => {
        removeChunk(change, chunk, "kept");
        tally(change.counts, chunk, "quarantined");
        put(change.transaction, "quarantined", { ...chunk, reason });
        await settleAccount(change.transaction, chunk, keys, "quarantined");
      },
      ["quarantined"],
    );
  }

  quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]> {
    return this.#connection.read(["quarantined"], async (transaction) => {
      const range = IDBKeyRange.lowerBound(after, true);
      const found = await transaction.objectStore("quarantined").getAll(range, limit);
      return found.map(({ reason, ...chunk }) => ({ ...plainHeader(chunk), reason }));
    });
  }

  quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined> {
    return this.#connection.read(["quarantined", "bodies"], async (transaction) => {
      const found = await transaction.objectStore("quarantined").get(order);
      if (!found) return undefined;
      const { reason, ...chunk } = found;
      return { ...(await wholeChunk(transaction, chunk)), reason };
    });
  }

  release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    return this.#aside(order, async (change, chunk) => {
      const { body, blob, ...header } = await wholeChunk(change.transaction, chunk);
      const place = { order: ++change.counts.order, span: 1 };
      insertChunk(change, { ...header, ...place }, blob ? { body, blob } : { body });
      await settleAccount(change.transaction, chunk, keys, undefined, "quarantined");
      await touchRun(change.transaction, chunk.run, this.#clock.now());
      return place.order;
    });
  }

  async discard(order: number, keys?: KeyCounts): Promise<boolean> {
    const done = await this.#aside(order, async ({ transaction, counts }, chunk) => {
      tally(counts, chunk, "dropped");
      await settleAccount(transaction, chunk, keys, "dropped", "quarantined");
      return true;
    });
    return done === true;
  }

  async mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#connection.read(
      ["runs"],
      async (transaction) => (await transaction.objectStore("runs").get(localId))?.mapping,
    );
  }

  mappings(after: string, limit: number): Promise<readonly RunMapping[]> {
    return this.#connection.read(["runs"], (transaction) => mappingsOf(transaction, after, limit));
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

  accounts(localId: string): Promise<readonly AccountRecord[]> {
    return this.#connection.read(["accounts", "fates"], (transaction) => accountsOf(transaction, localId));
  }

  assign(destination: Destination, anew = false): Promise<Destination> {
    return this.#connection.write(["meta"], async (transaction) => {
      const stands = anew ? undefined : await transaction.objectStore("meta").get("destination");
      if (!stands) put(transaction, "meta", destination, "destination");
      return stands ?? destination;
    });
  }

  async status(): Promise<StorageCounts> {
    return (await this.#state()).counts;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #at(drafts: readonly ChunkDraft[]): number {
    return drafts.at(-1)?.at ?? this.#clock.now();
  }

  async #state(): Promise<Pick<Change, "term" | "lease" | "counts">> {
    const state = await this.#connection.read(["state"], (transaction) =>
      transaction.objectStore("state").get("state"),
    );
    return state ?? this.#change([], async (change) => change);
  }

  /** One transaction over the state and `stores`. */
  #change<T>(stores: StoreName[], body: (change: Change) => Promise<T>): Promise<T> {
    return this.#connection.write(["state", ...stores], async (transaction) => {
      let state = await get(transaction, "state", "state");
      if (!state) {
        // Emptied while it was open. What is there beside the state is of the time after.
        this.#connection.lost();
        this.#touched.clear();
        state = newState();
      }
      const change: Change = { transaction, ...state };
      const result = await body(change);
      const { term, lease, counts, writer } = change;
      put(transaction, "state", { term, lease, counts, ...(writer && { writer }) }, "state");
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
    return this.#change(["chunks", "bodies", "fates", ...stores], async (change) => {
      checkTerm(change.term, term);
      const chunk = await change.transaction.objectStore("chunks").get(order);
      return chunk && body(change, chunk);
    });
  }

  /** Takes a chunk out of quarantine; undefined when it is not there. */
  #aside<T>(order: number, body: (change: Change, chunk: ChunkRecord) => Promise<T>): Promise<T | undefined> {
    return this.#change(["chunks", "bodies", "fates", "quarantined", "runs"], async (change) => {
      const { transaction } = change;
      const found = await transaction.objectStore("quarantined").get(order);
      if (!found) return undefined;
      const { reason: _, ...chunk } = found;
      tally(change.counts, chunk, "quarantined", -1);
      remove(transaction, "quarantined", order);
      const result = await body(change, chunk);
      remove(transaction, "bodies", order);
      return result;
    });
  }

  async #finish(
    order: number,
    term: number,
    as: "delivered" | "dropped",
    keys: KeyCounts | undefined,
    mapping?: RunMapping,
  ): Promise<void> {
    await this.#change(["chunks", "bodies", "fates", ...(mapping ? (["runs"] as const) : [])], async (change) => {
      checkTerm(change.term, term);
      const chunk = await change.transaction.objectStore("chunks").get(order);
      if (chunk) {
        removeChunk(change, chunk);
        tally(change.counts, chunk, as);
        await settleAccount(change.transaction, chunk, keys, as === "delivered" ? "acknowledged" : as);
      }
      if (mapping) await keepMapping(change.transaction, mapping, this.#clock.now());
    });
  }
}
