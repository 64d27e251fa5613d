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
  SealedChunk,
  StoredChunk,
} from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import type { Claim, Lease } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { Locks } from "../../runtime/ports/locks.ts";
import { accountsOf } from "./indexed-db-accounts.ts";
import { type Change, finishChunk, readChunk, readHeads, readSealed, sealChunk } from "./indexed-db-chunks.ts";
import type { Connection, StoreName } from "./indexed-db-connection.ts";
import { DISCARDS, forgetDiscard } from "./indexed-db-discards.ts";
import { keepDestination } from "./indexed-db-destination.ts";
import { beat, beginTerm, endTerm, leaveNote, readNote } from "./indexed-db-lease.ts";
import { beatOpenRuns, isOpenBy, readOpenRuns } from "./indexed-db-open-runs.ts";
import { PUT, putChunks } from "./indexed-db-put.ts";
import {
  ASIDE,
  discardChunk,
  quarantineChunk,
  readQuarantined,
  releaseChunk,
  wholeQuarantined,
} from "./indexed-db-quarantine.ts";
import { replaceChunk } from "./indexed-db-replace.ts";
import { put } from "./indexed-db-requests.ts";
import { keepMapping, mappingsOf } from "./indexed-db-runs.ts";
import type { ChunkRecord, RunRecord } from "./indexed-db-schema.ts";
import { IndexedDbTransactions } from "./indexed-db-transactions.ts";
import { checkTerm } from "./tally.ts";

/** Runs of which it is remembered when they were in use. */
const MOST_TOUCHED = 1_000;

/** A queue in IndexedDB. What a method promises is in the database when its promise resolves, as far as `durability` goes. */
export class IndexedDbStore implements QueueStore {
  readonly #connection: Connection;
  readonly #transactions: IndexedDbTransactions;
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
    this.#transactions = new IndexedDbTransactions(connection, () => this.#touched.clear());
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
    const put = { writer, drafts, desired, accounts, now: this.#clock.now() };
    const { results, touched, counts } = await this.#transactions.change(PUT, async (change) => ({
      ...(await putChunks(change, this.#touched, put)),
      counts: change.counts,
    }));
    this.counted = counts;
    if (this.#touched.size >= MOST_TOUCHED) this.#touched.clear();
    for (const [run, at] of touched) this.#touched.set(run, at);
    return results;
  }

  async lease(): Promise<Lease> {
    const { term, lease } = await this.#transactions.state();
    return { ...lease, term };
  }

  beginTerm(claim: Claim = {}): Promise<number> {
    return this.#transactions.change([], (change) => beginTerm(change, claim));
  }

  async verify(term: number): Promise<void> {
    checkTerm((await this.#transactions.state()).term, term);
  }

  beat(term: number, state: Pick<Lease, "locked" | "says">): Promise<void> {
    return this.#transactions.change([], (change) => beat(change, term, state));
  }

  endTerm(term: number): Promise<void> {
    return this.#transactions.change([], (change) => endTerm(change, term));
  }

  leaveNote(term: number, note: string): Promise<void> {
    return this.#transactions.change(["notes"], (change) => leaveNote(change, term, note));
  }

  note(): Promise<string | undefined> {
    return this.#connection.read(["notes"], readNote);
  }

  heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    return this.#connection.read(["chunks"], (transaction) => readHeads(transaction, after, limit));
  }

  chunk(order: number): Promise<StoredChunk | undefined> {
    return this.#connection.read(["chunks", "bodies"], (transaction) => readChunk(transaction, order));
  }

  async seal(order: number, term: number): Promise<SealedChunk | undefined> {
    // Most chunks were sealed by their writer: reading those keeps no other tab from writing.
    const found = await this.#connection.read(["state", "chunks", "bodies", DISCARDS], (transaction) =>
      readSealed(transaction, order, term),
    );
    return found ?? this.#transactions.guarded(order, term, sealChunk, [DISCARDS]);
  }

  async markAttempted(order: number, term: number): Promise<void> {
    await this.#transactions.guarded(order, term, async ({ transaction }, chunk) => {
      if (chunk.attempted === 0) put(transaction, "chunks", { ...chunk, attempted: term });
    });
  }

  async acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    const stores: StoreName[] = ["chunks", "bodies", "fates", ...(mapping ? (["runs"] as const) : [])];
    await this.#transactions.change(stores, async (change) => {
      checkTerm(change.term, term);
      const chunk = await change.transaction.objectStore("chunks").get(order);
      if (chunk) await finishChunk(change, chunk, "delivered", keys);
      if (mapping) await keepMapping(change.transaction, mapping, this.#clock.now());
    });
  }

  async drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    const dropped = async (change: Change, chunk: ChunkRecord): Promise<void> => {
      await finishChunk(change, chunk, "dropped", keys);
      await forgetDiscard(change.transaction, chunk);
    };
    await this.#transactions.guarded(order, term, dropped, [DISCARDS]);
  }

  replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    return this.#transactions.guarded(order, term, (change, parent) =>
      replaceChunk(change, parent, children, rest, keys),
    );
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
    return this.#transactions.change(PUT, async (change) => {
      checkTerm(change.term, term);
      if (!(await isOpenBy(change.transaction, open))) return false;
      const put = { writer, drafts: chunks, desired: new Map([[open.run, desired]]), now: this.#clock.now() };
      await putChunks(change, new Map(), put);
      return true;
    });
  }

  async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    const stores: StoreName[] = ["quarantined"];
    await this.#transactions.guarded(
      order,
      term,
      (change, chunk) => quarantineChunk(change, chunk, reason, keys),
      stores,
    );
  }

  quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]> {
    return this.#connection.read(["quarantined"], (transaction) => readQuarantined(transaction, after, limit));
  }

  quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined> {
    return this.#connection.read(["quarantined", "bodies"], (transaction) => wholeQuarantined(transaction, order));
  }

  release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    return this.#transactions.change(ASIDE, (change) => releaseChunk(change, order, keys, this.#clock.now()));
  }

  discard(order: number, keys?: KeyCounts): Promise<boolean> {
    return this.#transactions.change(ASIDE, (change) => discardChunk(change, order, keys));
  }

  async mapping(localId: string): Promise<RunMapping | undefined> {
    return (await this.#run(localId))?.mapping;
  }

  mappings(after: string, limit: number): Promise<readonly RunMapping[]> {
    return this.#connection.read(["runs"], (transaction) => mappingsOf(transaction, after, limit));
  }

  map(mapping: RunMapping): Promise<RunMapping> {
    return this.#connection.write(["runs"], (transaction) => keepMapping(transaction, mapping, this.#clock.now()));
  }

  async desired(localId: string): Promise<DesiredRun | undefined> {
    return (await this.#run(localId))?.desired;
  }

  accounts(localId: string): Promise<readonly AccountRecord[]> {
    return this.#connection.read(["accounts", "fates"], (transaction) => accountsOf(transaction, localId));
  }

  assign(destination: Destination, anew = false): Promise<Destination> {
    return this.#connection.write(["meta"], (transaction) => keepDestination(transaction, destination, anew));
  }

  async status(): Promise<StorageCounts> {
    return (await this.#transactions.state()).counts;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #run(localId: string): Promise<RunRecord | undefined> {
    return this.#connection.read(["runs"], (transaction) => transaction.objectStore("runs").get(localId));
  }
}
