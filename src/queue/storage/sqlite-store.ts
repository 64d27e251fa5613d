import { fnv64 } from "../../internal/fnv64.ts";
import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { SqlDatabase, SqlRow } from "../../sql/database.ts";
import { type Claim, claimed, type Lease, released } from "../lead/lease.ts";
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
  StoredChunk,
} from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import { accountsOf, settleAccount } from "./sqlite-accounts.ts";
import { type Change, findChunk, forgetBody, removeChunk } from "./sqlite-change.ts";
import { faultOf } from "./sqlite-errors.ts";
import type { FileLocks } from "./sqlite-locks.ts";
import { keepDestination } from "./sqlite-destination.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import {
  type ChunkRow,
  HEADER,
  placeOf,
  readBody,
  readHeader,
  readRow,
  readState,
  type SpooledBlob,
  writeRow,
  writeState,
} from "./sqlite-rows.ts";
import { desiredOf, keepMapping, lastOf, mappingOf, mappingsOf, touch } from "./sqlite-runs.ts";
import { isOpenBy, readOpenRuns } from "./sqlite-open-runs.ts";
import { putChunks } from "./sqlite-put.ts";
import { replaceChunk } from "./sqlite-replace.ts";
import { keepBody } from "./keep-body.ts";
import { keepMeta, metaOf, say, saidBy } from "./sqlite-lease.ts";
import { checkTerm, tally, tallyWaiting } from "./tally.ts";

/** A queue in SQLite, over the SQL port. Statements are synchronous and short; nothing waits in the thread but for a lock. */
export class SqliteStore implements QueueStore {
  readonly #host: SqliteHost;
  readonly locks: FileLocks | undefined;
  /** The disk was full, and the log could not be moved into the file since. */
  #cramped = false;
  readonly broadcast: Broadcast | undefined;

  constructor(host: SqliteHost, locks?: FileLocks, broadcast?: Broadcast) {
    this.#host = host;
    this.locks = locks;
    this.broadcast = broadcast;
  }

  async append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts?: readonly AccountDraft[],
  ): Promise<readonly Appended[]> {
    const spooled = chunks.some(({ blob }) => blob) ? await this.#spool(writer, chunks) : undefined;
    return this.#append(writer, chunks, desired, accounts, spooled);
  }

  readonly now: QueueStore["now"] = {
    append: (writer, chunks, desired, accounts) => this.#append(writer, chunks, desired, accounts),
    map: (mapping) => void this.#changeNow(({ database }) => keepMapping(database, mapping, this.#host.now())),
  };

  #append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts: readonly AccountDraft[] = [],
    spooled?: ReadonlyMap<ChunkDraft, SpooledBlob>,
  ): readonly Appended[] {
    return this.#changeNow((change) => putChunks(change, writer, chunks, desired, accounts, spooled));
  }

  lease(): Promise<Lease> {
    return this.#look((database) => {
      const { term, lease } = readState(database);
      return { ...lease, term, says: saidBy(database) };
    });
  }

  beginTerm(claim: Claim = {}): Promise<number> {
    return this.#change(({ database, state }) => {
      const lease = claimed({ ...state.lease, term: state.term, says: "" }, claim);
      if (!lease) return 0;
      state.lease = lease;
      say(database, lease.says);
      return ++state.term;
    });
  }

  verify(term: number): Promise<void> {
    const sql = "SELECT term FROM queue_state WHERE id = 1";
    return this.#look((database) => checkTerm(Number(database.prepare(sql).get()?.["term"]), term));
  }

  beat(term: number, { locked, says }: Pick<Lease, "locked" | "says">): Promise<void> {
    return this.#change(({ database, state }) => {
      checkTerm(state.term, term);
      state.lease = { ...state.lease, locked, beat: state.lease.beat + 1 };
      say(database, says);
    });
  }

  endTerm(term: number): Promise<void> {
    return this.#change(({ database, state }) => {
      if (state.term !== term) return;
      state.lease = released({ ...state.lease, says: "" });
      say(database, "");
    });
  }

  leaveNote(term: number, note: string): Promise<void> {
    return this.#change(({ database, state }) => {
      checkTerm(state.term, term);
      keepMeta(database, "note", note);
    });
  }

  note(): Promise<string | undefined> {
    return this.#look((database) => metaOf(database, "note"));
  }

  heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    const sql = `SELECT ${HEADER} FROM chunks WHERE place > ? ORDER BY place LIMIT ?`;
    return this.#look((database) => database.prepare(sql).all(placeOf(after), limit).map(readHeader));
  }

  async chunk(order: number): Promise<StoredChunk | undefined> {
    const row = await this.#look((database) =>
      database.prepare("SELECT * FROM chunks WHERE place = ?").get(placeOf(order)),
    );
    return row && this.#whole(row);
  }

  async seal(order: number, term: number): Promise<StoredChunk | undefined> {
    // Most chunks were sealed by their writer: they are read without the lock, with the term, in one statement.
    const sql = "SELECT state.term, chunks.* FROM queue_state AS state LEFT JOIN chunks ON place = ? WHERE id = 1";
    let row = await this.#look((database) => database.prepare(sql).get(placeOf(order)));
    checkTerm(Number(row?.["term"]), term);
    if (row?.["sealed"] === 0) {
      row = await this.#guarded(order, term, ({ database }) => {
        database.prepare("UPDATE chunks SET sealed = 1 WHERE place = ?").run(placeOf(order));
        return database.prepare(sql).get(placeOf(order));
      });
    }
    return row?.["place"] == null ? undefined : this.#whole(row);
  }

  async markAttempted(order: number, term: number): Promise<void> {
    await this.#guarded(order, term, ({ database }) => {
      database.prepare("UPDATE chunks SET attempted = ? WHERE place = ? AND attempted = 0").run(term, placeOf(order));
    });
  }

  acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    return this.#change((change) => {
      this.#finish(change, order, term, "delivered", keys);
      if (mapping) keepMapping(change.database, mapping, this.#host.now());
    });
  }

  drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    return this.#change((change) => this.#finish(change, order, term, "dropped", keys));
  }

  async replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    const files = new Map<ChildDraft, SpooledBlob>();
    for (const [n, child] of children.entries()) {
      if (child.blob) files.set(child, await this.#keep(`child-${term}-${placeOf(order)}-${n}`, child.blob));
    }
    return this.#guarded(order, term, (change, parent) => replaceChunk(change, parent, children, rest, keys, files));
  }

  openRuns(after: string, limit: number): Promise<readonly OpenRun[]> {
    return this.#look((database) => readOpenRuns(database, after, limit));
  }

  appear(writer: string): Promise<void> {
    return this.#change(({ database }) => {
      database.prepare("UPDATE open_runs SET beat = beat + 1 WHERE writer = ?").run(writer);
    });
  }

  recover(
    term: number,
    open: OpenRun,
    writer: string,
    chunks: readonly ChunkDraft[],
    desired: DesiredRun,
  ): Promise<boolean> {
    return this.#change((change) => {
      checkTerm(change.state.term, term);
      if (!isOpenBy(change.database, open)) return false;
      putChunks(change, writer, chunks, new Map([[open.run, desired]]));
      return true;
    });
  }

  async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    await this.#guarded(order, term, ({ database, state }, chunk) => {
      const columns = `${HEADER}, body`;
      database
        .prepare(
          `INSERT OR REPLACE INTO quarantined (${columns}, reason) SELECT ${columns}, ? FROM chunks WHERE place = ?`,
        )
        .run(reason, placeOf(order));
      database.prepare("DELETE FROM chunks WHERE place = ?").run(placeOf(order));
      tallyWaiting(state.counts, chunk, -1);
      tally(state.counts, chunk, "quarantined");
      settleAccount(database, chunk, keys, "quarantined");
    });
  }

  quarantined(after: number, limit: number): Promise<readonly QuarantinedHeader[]> {
    const sql = `SELECT ${HEADER}, reason FROM quarantined WHERE place > ? ORDER BY place LIMIT ?`;
    return this.#look((database) =>
      database
        .prepare(sql)
        .all(placeOf(after), limit)
        .map((row) => ({ ...readHeader(row), reason: String(row["reason"]) })),
    );
  }

  async quarantinedChunk(order: number): Promise<QuarantinedChunk | undefined> {
    const sql = "SELECT * FROM quarantined WHERE place = ?";
    const row = await this.#look((database) => database.prepare(sql).get(placeOf(order)));
    return row && { ...(await this.#whole(row)), reason: String(row["reason"]) };
  }

  release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    return this.#aside(order, ({ database, state }, chunk) => {
      const { body } = database.prepare("SELECT body FROM quarantined WHERE place = ?").get(placeOf(order))!;
      const place = ++state.counts.order;
      writeRow(database, { ...chunk, order: place, span: 1 }, body as Uint8Array);
      tallyWaiting(state.counts, chunk, 1);
      settleAccount(database, chunk, keys, undefined, "quarantined");
      touch(database, chunk.run, this.#host.now());
      return place;
    });
  }

  async discard(order: number, keys?: KeyCounts): Promise<boolean> {
    const done = await this.#aside(order, (change, chunk) => {
      tally(change.state.counts, chunk, "dropped");
      settleAccount(change.database, chunk, keys, "dropped", "quarantined");
      forgetBody(change, chunk);
      return true;
    });
    return done === true;
  }

  mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#look((database) => mappingOf(database, localId));
  }

  mappings(after: string, limit: number): Promise<readonly RunMapping[]> {
    return this.#look((database) => mappingsOf(database, after, limit));
  }

  async map(mapping: RunMapping): Promise<RunMapping> {
    return (
      (await this.mapping(mapping.localId)) ??
      this.#change(({ database }) => keepMapping(database, mapping, this.#host.now()))
    );
  }

  desired(localId: string): Promise<DesiredRun | undefined> {
    return this.#look((database) => desiredOf(database, localId));
  }

  accounts(localId: string): Promise<readonly AccountRecord[]> {
    return this.#look((database) => accountsOf(database, localId));
  }

  assign(destination: Destination, anew = false): Promise<Destination> {
    return this.#change(({ database }) => keepDestination(database, destination, anew));
  }

  status(): Promise<StorageCounts> {
    return this.#look((database) => readState(database).counts);
  }

  async close(): Promise<void> {
    this.locks?.close();
    this.#host.close();
  }

  async #look<T>(body: (database: SqlDatabase) => T): Promise<T> {
    try {
      return body(this.#host.database());
    } catch (error) {
      throw this.#host.failed(error);
    }
  }

  async #change<T>(body: (change: Change) => T): Promise<T> {
    return this.#changeNow(body);
  }

  #changeNow<T>(body: (change: Change) => T, again = false): T {
    const gone: string[] = [];
    try {
      this.#host.check();
      // Room that there is by now goes to the file first: else the log takes it, and nothing can be deleted any more.
      if (this.#cramped) this.#cramped = !this.#host.relieve();
      const database = this.#host.database();
      const result = database.transaction(() => {
        const state = readState(database);
        const value = body({ database, state, gone, host: this.#host });
        writeState(database, state);
        return value;
      });
      for (const file of gone) this.#host.spool.remove(file);
      return result;
    } catch (error) {
      if (faultOf(error) === "full") {
        this.#cramped = !this.#host.relieve();
        if (!this.#cramped && !again) return this.#changeNow(body, true);
      }
      throw this.#host.failed(error);
    }
  }

  /** A change of one chunk by the leader; undefined when the chunk is gone. */
  #guarded<T>(order: number, term: number, body: (change: Change, chunk: ChunkRow) => T): Promise<T | undefined> {
    return this.#change((change) => {
      checkTerm(change.state.term, term);
      const chunk = findChunk(change.database, placeOf(order));
      return chunk && body(change, chunk);
    });
  }

  /** Takes a chunk out of quarantine; undefined when it is not there. */
  #aside<T>(order: number, body: (change: Change, chunk: ChunkRow) => T): Promise<T | undefined> {
    return this.#change((change) => {
      const { database, state } = change;
      const chunk = findChunk(database, placeOf(order), "quarantined");
      if (!chunk) return undefined;
      tally(state.counts, chunk, "quarantined", -1);
      const result = body(change, chunk);
      database.prepare("DELETE FROM quarantined WHERE place = ?").run(placeOf(order));
      return result;
    });
  }

  #finish(change: Change, order: number, term: number, as: "delivered" | "dropped", keys: KeyCounts | undefined): void {
    checkTerm(change.state.term, term);
    const chunk = findChunk(change.database, placeOf(order));
    if (!chunk) return;
    removeChunk(change, chunk);
    tally(change.state.counts, chunk, as);
    settleAccount(change.database, chunk, keys, as === "delivered" ? "acknowledged" : as);
  }

  /** Writes bodies before their chunks, so that no chunk is without its body. */
  async #spool(writer: string, chunks: readonly ChunkDraft[]): Promise<Map<ChunkDraft, SpooledBlob>> {
    const last = await this.#look((database) => lastOf(database, writer).last);
    const spooled = new Map<ChunkDraft, SpooledBlob>();
    for (const draft of chunks) {
      // One that was put before has its body already, or needs none any more.
      if (!draft.blob || draft.sequence <= last) continue;
      spooled.set(draft, await this.#keep(`${fnv64(writer)}-${draft.sequence}`, draft.blob));
    }
    return spooled;
  }

  async #keep(name: string, blob: Blob): Promise<SpooledBlob> {
    try {
      return await keepBody(this.#host.spool, name, blob);
    } catch (error) {
      throw this.#host.failed(error);
    }
  }

  async #whole(row: SqlRow): Promise<StoredChunk> {
    const { spooled, blobBytes, ...header } = readRow(row);
    const blob = spooled && (await this.#host.spool.open(spooled.file, blobBytes, spooled.type));
    return { ...header, body: readBody(row), ...(blob ? { blob } : spooled && { room: blobBytes }) };
  }
}
