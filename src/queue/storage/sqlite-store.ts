import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Claim, Lease } from "../lead/lease.ts";
import type { OpenRun } from "../lead/open-run.ts";
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
import { accountsOf } from "./sqlite-accounts.ts";
import { keepBodies, keepChildren, wholeChunk } from "./sqlite-bodies.ts";
import { findChunk, finishChunk, readHeads } from "./sqlite-chunks.ts";
import { SEALED } from "./sqlite-discards.ts";
import { keepDestination } from "./sqlite-destination.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { beat, beginTerm, endTerm, leaveNote, readLease, readNote } from "./sqlite-lease.ts";
import type { FileLocks } from "./sqlite-locks.ts";
import { beatOpenRuns, isOpenBy, readOpenRuns } from "./sqlite-open-runs.ts";
import { putChunks } from "./sqlite-put.ts";
import { discardChunk, quarantineChunk, readQuarantined, releaseChunk } from "./sqlite-quarantine.ts";
import { replaceChunk } from "./sqlite-replace.ts";
import { placeOf, readState, type SpooledBlob } from "./sqlite-rows.ts";
import { desiredOf, keepMapping, lastOf, mappingOf, mappingsOf } from "./sqlite-runs.ts";
import { SqliteTransactions } from "./sqlite-transactions.ts";
import { checkTerm } from "./tally.ts";

/** A queue in SQLite, over the SQL port. Statements are synchronous and short; nothing waits in the thread but for a lock. */
export class SqliteStore implements QueueStore {
  readonly #host: SqliteHost;
  readonly #transactions: SqliteTransactions;
  readonly locks: FileLocks | undefined;
  readonly broadcast: Broadcast | undefined;
  readonly copies = true;

  constructor(host: SqliteHost, locks?: FileLocks, broadcast?: Broadcast) {
    this.#host = host;
    this.#transactions = new SqliteTransactions(host);
    this.locks = locks;
    this.broadcast = broadcast;
  }

  async append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts: readonly AccountDraft[] = [],
  ): Promise<readonly Appended[]> {
    const append = (spooled?: ReadonlyMap<ChunkDraft, SpooledBlob>): Promise<readonly Appended[]> =>
      this.#transactions.change((change) => putChunks(change, writer, chunks, desired, accounts, spooled));
    if (!chunks.some(({ blob }) => blob)) return append();
    const last = await this.#transactions.look((database) => lastOf(database, writer).last);
    return append(await keepBodies(this.#host, writer, last, chunks));
  }

  readonly now: QueueStore["now"] = {
    append: (writer, chunks, desired, accounts) =>
      this.#transactions.changeNow((change) => putChunks(change, writer, chunks, desired, accounts)),
    map: (mapping) =>
      void this.#transactions.changeNow(({ database }) => keepMapping(database, mapping, this.#host.now())),
    assign: (destination) =>
      this.#transactions.changeNow(({ database }) => keepDestination(database, destination, false)),
  };

  lease(): Promise<Lease> {
    return this.#transactions.look(readLease);
  }

  beginTerm(claim: Claim = {}): Promise<number> {
    return this.#transactions.change((change) => beginTerm(change, claim));
  }

  verify(term: number): Promise<void> {
    const sql = "SELECT term FROM queue_state WHERE id = 1";
    return this.#transactions.look((database) => checkTerm(Number(database.prepare(sql).get()?.["term"]), term));
  }

  beat(term: number, state: Pick<Lease, "locked" | "says">): Promise<void> {
    return this.#transactions.change((change) => beat(change, term, state));
  }

  endTerm(term: number): Promise<void> {
    return this.#transactions.change((change) => endTerm(change, term));
  }

  leaveNote(term: number, note: string): Promise<void> {
    return this.#transactions.change((change) => leaveNote(change, term, note));
  }

  note(): Promise<string | undefined> {
    return this.#transactions.look(readNote);
  }

  heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    return this.#transactions.look((database) => readHeads(database, after, limit));
  }

  async chunk(order: number): Promise<StoredChunk | undefined> {
    const row = await this.#transactions.look((database) =>
      database.prepare("SELECT * FROM chunks WHERE place = ?").get(placeOf(order)),
    );
    return row && wholeChunk(this.#host, row);
  }

  async seal(order: number, term: number): Promise<SealedChunk | undefined> {
    // Most chunks were sealed by their writer: they are read without the lock, with the term, in one statement.
    let row = await this.#transactions.look((database) => database.prepare(SEALED).get(placeOf(order)));
    checkTerm(Number(row?.["term"]), term);
    if (row?.["sealed"] === 0) {
      row = await this.#transactions.guarded(order, term, ({ database }) => {
        database.prepare("UPDATE chunks SET sealed = 1 WHERE place = ?").run(placeOf(order));
        return database.prepare(SEALED).get(placeOf(order));
      });
    }
    if (row?.["place"] == null) return undefined;
    const to = row["discard_to"];
    return { ...(await wholeChunk(this.#host, row)), ...(to != null && { discardTo: Number(to) }) };
  }

  async markAttempted(order: number, term: number): Promise<void> {
    await this.#transactions.guarded(order, term, ({ database }) => {
      database.prepare("UPDATE chunks SET attempted = ? WHERE place = ? AND attempted = 0").run(term, placeOf(order));
    });
  }

  async acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    await this.#transactions.change((change) => {
      checkTerm(change.state.term, term);
      const chunk = findChunk(change.database, placeOf(order));
      if (chunk) finishChunk(change, chunk, "delivered", keys);
      if (mapping) keepMapping(change.database, mapping, this.#host.now());
    });
  }

  async drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    await this.#transactions.guarded(order, term, (change, chunk) => finishChunk(change, chunk, "dropped", keys));
  }

  async replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    const files = await keepChildren(this.#host, order, term, children);
    return this.#transactions.guarded(order, term, (change, parent) =>
      replaceChunk(change, parent, children, rest, keys, files),
    );
  }

  openRuns(after: string, limit: number): Promise<readonly OpenRun[]> {
    return this.#transactions.look((database) => readOpenRuns(database, after, limit));
  }

  appear(writer: string): Promise<void> {
    return this.#transactions.change(({ database }) => beatOpenRuns(database, writer));
  }

  recover(
    term: number,
    open: OpenRun,
    writer: string,
    chunks: readonly ChunkDraft[],
    desired: DesiredRun,
  ): Promise<boolean> {
    return this.#transactions.change((change) => {
      checkTerm(change.state.term, term);
      if (!isOpenBy(change.database, open)) return false;
      putChunks(change, writer, chunks, new Map([[open.run, desired]]));
      return true;
    });
  }

  async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    await this.#transactions.guarded(order, term, (change, chunk) => quarantineChunk(change, chunk, reason, keys));
  }

  quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]> {
    return this.#transactions.look((database) => readQuarantined(database, after, limit));
  }

  async quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined> {
    const sql = "SELECT * FROM quarantined WHERE place = ?";
    const row = await this.#transactions.look((database) => database.prepare(sql).get(placeOf(order)));
    return row && { ...(await wholeChunk(this.#host, row)), reason: String(row["reason"]) };
  }

  release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    return this.#transactions.change((change) => releaseChunk(change, order, keys));
  }

  discard(order: number, keys?: KeyCounts): Promise<boolean> {
    return this.#transactions.change((change) => discardChunk(change, order, keys));
  }

  mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#transactions.look((database) => mappingOf(database, localId));
  }

  mappings(after: string, limit: number): Promise<readonly RunMapping[]> {
    return this.#transactions.look((database) => mappingsOf(database, after, limit));
  }

  async map(mapping: RunMapping): Promise<RunMapping> {
    return (
      (await this.mapping(mapping.localId)) ??
      this.#transactions.change(({ database }) => keepMapping(database, mapping, this.#host.now()))
    );
  }

  desired(localId: string): Promise<DesiredRun | undefined> {
    return this.#transactions.look((database) => desiredOf(database, localId, this.#host.large));
  }

  accounts(localId: string): Promise<readonly AccountRecord[]> {
    return this.#transactions.look((database) => accountsOf(database, localId, this.#host.large));
  }

  assign(destination: Destination, anew = false): Promise<Destination> {
    return this.#transactions.change(({ database }) => keepDestination(database, destination, anew));
  }

  status(): Promise<StorageCounts> {
    return this.#transactions.look((database) => readState(database).counts);
  }

  async close(): Promise<void> {
    this.locks?.close();
    this.#host.close();
  }
}
