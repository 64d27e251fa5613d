import { StorageError } from "../../errors/usage-errors.ts";
import { fnv64 } from "../../internal/fnv64.ts";
import type { SqlDatabase, SqlRow } from "../../sql/database.ts";
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
import { isOutdated } from "./retention.ts";
import type { Spool } from "./spool.ts";
import {
  type ChunkRow,
  divide,
  HEADER,
  placeOf,
  type QueueState,
  readBody,
  readHeader,
  readRow,
  readState,
  type SpooledBlob,
  writeRow,
  writeState,
} from "./sqlite-rows.ts";
import { checkTerm, type Count, isChild, tally, tallyWaiting } from "./tally.ts";

/** Where a store's database comes from. */
export interface SqliteHost {
  readonly label: string;
  readonly spool: Spool;
  /** The open database with its schema. */
  database(): SqlDatabase;
  /** Called before each change: lets go of a database that is not the one to use any more. */
  check(): void;
  /** The error for the caller, after what can be done about it was done. */
  failed(error: unknown): Error;
  /** Wall time in milliseconds. */
  now(): number;
  close(): void;
}

/** One write transaction. */
interface Change {
  readonly database: SqlDatabase;
  readonly state: QueueState;
  /** Bodies to delete once it is committed. */
  readonly gone: string[];
}

/** A queue in SQLite, over the SQL port. Statements are synchronous and short; nothing waits in the thread but for a lock. */
export class SqliteStore implements QueueStore {
  readonly #host: SqliteHost;

  constructor(host: SqliteHost) {
    this.#host = host;
  }

  async append(
    writer: string,
    chunks: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
  ): Promise<readonly Appended[]> {
    const spooled = chunks.some(({ blob }) => blob) ? await this.#spool(writer, chunks) : undefined;
    return this.#change((change) => {
      const { database } = change;
      let last = this.#last(database, writer);
      const results = chunks.map((draft): Appended => {
        const before = draft.order === undefined ? undefined : find(database, placeOf(draft.order));
        const own = before?.writer === writer && before.sequence === draft.sequence ? before : undefined;
        if (own ? own.sealed : draft.sequence <= last) return { stored: false, order: own?.order ?? 0, count: own?.count };
        if (own) this.#remove(change, own);
        const order = own?.order ?? ++change.state.counts.order;
        last = Math.max(last, draft.sequence);
        const blob = spooled?.get(draft);
        this.#insert(change, { ...draft, writer, order, span: 1, bytes: draft.body.length, attempted: 0, spooled: blob }, draft.body);
        return { stored: true, order, count: draft.count };
      });
      const at = chunks.at(-1)?.at ?? this.#host.now();
      if (chunks.length > 0) {
        database.prepare("INSERT OR REPLACE INTO writers (writer, last, at) VALUES (?, ?, ?)").run(writer, last, at);
      }
      for (const run of new Set(chunks.map((draft) => draft.run))) touch(database, run, at);
      for (const [run, later] of desired ?? []) mergeInto(database, run, later, at);
      return results;
    });
  }

  beginTerm(): Promise<number> {
    return this.#change(({ state }) => ++state.term);
  }

  heads(after: number, limit: number): Promise<readonly ChunkHeader[]> {
    const sql = `SELECT ${HEADER} FROM chunks WHERE place > ? ORDER BY place LIMIT ?`;
    return this.#look((database) => database.prepare(sql).all(placeOf(after), limit).map(readHeader));
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

  acknowledge(order: number, term: number, mapping?: RunMapping): Promise<void> {
    return this.#change((change) => {
      this.#finish(change, order, term, "delivered");
      if (mapping) this.#map(change.database, mapping);
    });
  }

  drop(order: number, term: number): Promise<void> {
    return this.#change((change) => this.#finish(change, order, term, "dropped"));
  }

  async replace(
    order: number,
    term: number,
    children: readonly ChildDraft[],
    rest: "delivered" | "dropped",
  ): Promise<readonly ChunkHeader[] | undefined> {
    const files = new Map<ChildDraft, SpooledBlob>();
    for (const [n, child] of children.entries()) {
      if (child.blob) files.set(child, await this.#keep(`child-${term}-${placeOf(order)}-${n}`, child.blob));
    }
    return this.#guarded(order, term, (change, parent) => {
      const { database, state } = change;
      const place = placeOf(order);
      const { body } = database.prepare("SELECT body FROM chunks WHERE place = ?").get(place)!;
      if (isChild({ ...parent, body: body as Uint8Array }, children[0])) {
        // It took place before, and only its answer was lost: nothing may be counted twice.
        return children.flatMap((_, n) => find(database, place + n * placeOf(parent.span)) ?? []).map(plain);
      }
      this.#remove(change, parent);
      tally(state.counts, parent, rest);
      return divide(place, placeOf(parent.span), children.length).map(({ place, span }, n) => {
        const child = children[n]!;
        const { kind, count, body } = child;
        const facts = { kind, count, bytes: body.length, sealed: true, attempted: 0, spooled: files.get(child) };
        this.#insert(change, { ...parent, ...facts, order: place / placeOf(1), span: span / placeOf(1) }, body);
        tally(state.counts, child, rest, -1);
        return plain(find(database, place)!);
      });
    });
  }

  async quarantine(order: number, term: number, reason: string): Promise<void> {
    await this.#guarded(order, term, ({ database, state }, chunk) => {
      const columns = `${HEADER}, body`;
      database
        .prepare(`INSERT OR REPLACE INTO quarantined (${columns}, reason) SELECT ${columns}, ? FROM chunks WHERE place = ?`)
        .run(reason, placeOf(order));
      database.prepare("DELETE FROM chunks WHERE place = ?").run(placeOf(order));
      tallyWaiting(state.counts, chunk, -1);
      tally(state.counts, chunk, "quarantined");
    });
  }

  async quarantined(): Promise<readonly QuarantinedChunk[]> {
    const rows = await this.#look((database) => database.prepare("SELECT * FROM quarantined ORDER BY place").all());
    return Promise.all(rows.map(async (row) => ({ ...(await this.#whole(row)), reason: String(row["reason"]) })));
  }

  release(order: number): Promise<boolean> {
    return this.#aside(order, ({ database, state }, chunk) => {
      const { body } = database.prepare("SELECT body FROM quarantined WHERE place = ?").get(placeOf(order))!;
      const place = ++state.counts.order;
      writeRow(database, { ...chunk, order: place, span: 1 }, body as Uint8Array);
      tallyWaiting(state.counts, chunk, 1);
      touch(database, chunk.run, this.#host.now());
    });
  }

  discard(order: number): Promise<boolean> {
    return this.#aside(order, (change, chunk) => {
      tally(change.state.counts, chunk, "dropped");
      this.#forget(change, chunk);
    });
  }

  mapping(localId: string): Promise<RunMapping | undefined> {
    return this.#look((database) => ofRun<RunMapping>(database, localId, "mapping"));
  }

  async map(mapping: RunMapping): Promise<RunMapping> {
    return (await this.mapping(mapping.localId)) ?? this.#change(({ database }) => this.#map(database, mapping));
  }

  desired(localId: string): Promise<DesiredRun | undefined> {
    return this.#look((database) => ofRun<DesiredRun>(database, localId, "desired"));
  }

  status(): Promise<StorageCounts> {
    return this.#look((database) => readState(database).counts);
  }

  async close(): Promise<void> {
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
    const gone: string[] = [];
    try {
      this.#host.check();
      const database = this.#host.database();
      const result = database.transaction(() => {
        const state = readState(database);
        const value = body({ database, state, gone });
        writeState(database, state);
        return value;
      });
      for (const file of gone) this.#host.spool.remove(file);
      return result;
    } catch (error) {
      throw this.#host.failed(error);
    }
  }

  /** A change of one chunk by the leader; undefined when the chunk is gone. */
  #guarded<T>(order: number, term: number, body: (change: Change, chunk: ChunkRow) => T): Promise<T | undefined> {
    return this.#change((change) => {
      checkTerm(change.state.term, term);
      const chunk = find(change.database, placeOf(order));
      return chunk && body(change, chunk);
    });
  }

  /** Takes a chunk out of quarantine; false when it is not there. */
  #aside(order: number, body: (change: Change, chunk: ChunkRow) => void): Promise<boolean> {
    return this.#change((change) => {
      const { database, state } = change;
      const chunk = find(database, placeOf(order), "quarantined");
      if (!chunk) return false;
      tally(state.counts, chunk, "quarantined", -1);
      body(change, chunk);
      database.prepare("DELETE FROM quarantined WHERE place = ?").run(placeOf(order));
      return true;
    });
  }

  #finish(change: Change, order: number, term: number, as: Count): void {
    checkTerm(change.state.term, term);
    const chunk = find(change.database, placeOf(order));
    if (!chunk) return;
    this.#remove(change, chunk);
    tally(change.state.counts, chunk, as);
  }

  #insert(change: Change, chunk: Omit<ChunkRow, "blobBytes">, body: Uint8Array): void {
    const { database, state } = change;
    const { spooled } = chunk;
    if (spooled) {
      // Swept by a process that opened the queue just now: the next try writes it again.
      if (!this.#host.spool.has(spooled.file)) {
        throw new StorageError(`Cannot keep an artifact as its body is gone from the spool of "${this.#host.label}"`, { fault: "busy" });
      }
      database.prepare("INSERT OR REPLACE INTO files (name) VALUES (?)").run(spooled.file);
    }
    writeRow(database, chunk, body);
    tallyWaiting(state.counts, { ...chunk, blobBytes: spooled?.blobBytes ?? 0 }, 1);
  }

  #remove(change: Change, chunk: ChunkRow): void {
    change.database.prepare("DELETE FROM chunks WHERE place = ?").run(placeOf(chunk.order));
    tallyWaiting(change.state.counts, chunk, -1);
    this.#forget(change, chunk);
  }

  #forget({ database, gone }: Change, { spooled }: ChunkRow): void {
    if (!spooled) return;
    database.prepare("DELETE FROM files WHERE name = ?").run(spooled.file);
    gone.push(spooled.file);
  }

  #map(database: SqlDatabase, mapping: RunMapping): RunMapping {
    const stands = ofRun<RunMapping>(database, mapping.localId, "mapping");
    if (stands) return stands;
    touch(database, mapping.localId, this.#host.now());
    database.prepare("UPDATE runs SET mapping = ? WHERE run = ?").run(JSON.stringify(mapping), mapping.localId);
    return mapping;
  }

  #last(database: SqlDatabase, writer: string): number {
    return Number(database.prepare("SELECT last FROM writers WHERE writer = ?").get(writer)?.["last"] ?? 0);
  }

  /** Writes bodies before their chunks, so that no chunk is without its body. */
  async #spool(writer: string, chunks: readonly ChunkDraft[]): Promise<Map<ChunkDraft, SpooledBlob>> {
    const last = await this.#look((database) => this.#last(database, writer));
    const spooled = new Map<ChunkDraft, SpooledBlob>();
    for (const draft of chunks) {
      // One that was put before has its body already, or needs none any more.
      if (!draft.blob || draft.sequence <= last) continue;
      spooled.set(draft, await this.#keep(`${fnv64(writer)}-${draft.sequence}`, draft.blob));
    }
    return spooled;
  }

  async #keep(file: string, blob: Blob): Promise<SpooledBlob> {
    try {
      await this.#host.spool.write(file, blob);
    } catch (error) {
      throw this.#host.failed(error);
    }
    return { file, blobBytes: blob.size, type: blob.type };
  }

  async #whole(row: SqlRow): Promise<StoredChunk> {
    const { spooled, blobBytes, ...header } = readRow(row);
    const blob = spooled && (await this.#host.spool.open(spooled.file, blobBytes, spooled.type));
    return { ...header, body: readBody(row), ...(blob && { blob }) };
  }
}

function find(database: SqlDatabase, place: number, table: "chunks" | "quarantined" = "chunks"): ChunkRow | undefined {
  const row = database.prepare(`SELECT ${HEADER} FROM ${table} WHERE place = ?`).get(place);
  return row && readRow(row);
}

function plain({ spooled: _, blobBytes: __, ...header }: ChunkRow): ChunkHeader {
  return header;
}

function ofRun<T>(database: SqlDatabase, run: string, column: "mapping" | "desired"): T | undefined {
  const text = database.prepare(`SELECT ${column} AS text FROM runs WHERE run = ?`).get(run)?.["text"];
  return typeof text === "string" ? (JSON.parse(text) as T) : undefined;
}

/** Notes that a run is in use. */
function touch(database: SqlDatabase, run: string, at: number): void {
  const kept = database.prepare("SELECT at FROM runs WHERE run = ?").get(run)?.["at"];
  if (kept === undefined) database.prepare("INSERT INTO runs (run, at) VALUES (?, ?)").run(run, at);
  else if (isOutdated(Number(kept), at)) database.prepare("UPDATE runs SET at = ? WHERE run = ?").run(at, run);
}

function mergeInto(database: SqlDatabase, run: string, later: DesiredRun, at: number): void {
  touch(database, run, at);
  const merged = mergeDesired(ofRun<DesiredRun>(database, run, "desired"), later);
  database.prepare("UPDATE runs SET desired = ? WHERE run = ?").run(JSON.stringify(merged), run);
}
