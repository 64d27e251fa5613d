import type { Clock, Timer } from "../../runtime/ports/clock.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import { bytesOf, makeMemoryRoom, type MemoryRoomParts, NOT_KEPT } from "./make-memory-room.ts";
import type { MetricBuffer } from "./metric-buffer.ts";
import { type Bucket, RunBuffers, takeRows } from "./run-buffers.ts";
import type { MetricMemo } from "../queue.ts";
import type { ChunkKind, Requests } from "../chunk/request.ts";
import type { Count } from "../amount.ts";

const ROWS_PER_CHUNK = 100;
/** Of keys and values: at most 393 kB of JSON, where MLflow takes 1 MB and a Durable Object 2 MB. */
const LENGTH_PER_CHUNK = 65_536;
const STORAGE_RETRY = 1_000;
const SPARES = 4;

/** Something that waits to be put into the store: a buffer, of which the store may hold a part, or a request. */
export interface Entry {
  readonly run: string;
  readonly kind: ChunkKind;
  readonly sealed: boolean;
  readonly buffer?: MetricBuffer;
  readonly request?: unknown;
  readonly blob?: Blob | undefined;
  /** Calls of a request. */
  readonly count: number;
  /** Of a request; a buffer has its own. */
  sequence: number;
  /** What a request stands for in receipts. */
  readonly keys?: KeyCounts;
  /** The account of the run knows of it. */
  counted?: boolean;
  /** Its run is open, whatever the request says. */
  readonly opens?: true;
  /** Its body could not be read: it is not here any more. */
  unread?: { readonly cause: unknown };
  /** Its call is over, and was told that it stays in memory. */
  isToldLate?: true;
}

/** What a writer needs. */
export interface WriterParts extends MemoryRoomParts {
  readonly clock: Clock;
  readonly batchSize: number;
  readonly flushInterval: number;
  /** True when so many bytes in memory should go to the store at once. */
  readonly pressing: (bytes: number) => boolean;
  /** Puts what `outbox` and `tails()` hold into the store; rejects when that failed. */
  readonly put: (writer: Writer) => Promise<void>;
}

/** Takes what is logged into memory, and has it put into the store: each interval, when asked, at the end. */
export class Writer {
  readonly #parts: WriterParts;
  readonly #waiting: Count;
  readonly runs: Map<string, RunBuffers> = new Map();
  readonly #withRows = new Set<RunBuffers>();
  readonly #spares: MetricBuffer[] = [];

  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;
  #sequence = 0;
  /** Monotonic times of the oldest that no put has begun with, and of the oldest that is being put. */
  #since: number | undefined;
  #putSince: number | undefined;
  /** Buffers that may be open and hold more than the store does. */
  dirty: Set<MetricBuffer> = new Set();
  /** What is closed and waits to be put, in the order of logging. */
  readonly outbox: Entry[] = [];
  /** Entries at the start of the outbox that are being put. */
  writing = 0;
  /** What is being put, or was when that failed. */
  putting: Entry[] | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#waiting = parts.ledger.waiting;
  }

  /** The hot path: a few typed-array stores, no allocation but buffers now and then. */
  metric(localId: string, key: string, value: number, timestamp: number, step: number, memo: MetricMemo): void {
    let { slot } = memo;
    if (slot === undefined || slot.run.forgotten) slot = memo.slot = this.#run(localId).slot(key);
    const { run, bucket } = slot;
    slot.line.logged++;
    run.waiting.points++;
    this.#waiting.points++;
    const buffer = Number.isNaN(value) ? run.nans(bucket) : bucket.values;
    if (buffer.count === buffer.persisted) this.dirty.add(buffer);
    if (buffer.push(slot.index, value, timestamp, step)) this.#seal(run, bucket, buffer);
    if (this.#timer === undefined) this.wakeIn(this.#parts.flushInterval);
  }

  /** Params and tags: one row per key, up to 100 and about 64 KiB to a chunk. */
  row(localId: string, kind: "params" | "tags", key: string, value: string): void {
    const run = this.#run(localId);
    const rows = run[kind];
    const length = key.length + value.length;
    const before = rows.get(key);
    // What it takes the place of goes nowhere.
    run.length += before ? value.length - before[0].length : length;
    if (run.length > LENGTH_PER_CHUNK) {
      this.#sealAllRows(run);
      run.length = length;
    }
    this.#parts.ledger.request(localId, [kind === "params" ? "param" : "tag", key]);
    // A batch with two values of a param is refused whole: the second one goes, and is refused, on its own.
    if (kind === "params" && (rows.get(key)?.[0] ?? value) !== value) this.#sealRows(run, kind);
    rows.set(key, [value, 1 + (rows.get(key)?.[1] ?? 0)]);
    this.#withRows.add(run);
    if (rows.size >= ROWS_PER_CHUNK) this.#sealRows(run, kind);
    this.wakeIn(this.#parts.flushInterval);
  }

  /** Any other request; `delay` is how long it may wait for others to go along. */
  request<K extends keyof Requests>(
    run: string,
    kind: K,
    request: Requests[K],
    keys: KeyCounts = [],
    delay: number = this.#parts.flushInterval,
    blob?: Blob,
  ): Entry {
    const entry: Entry = { run, kind, sealed: true, sequence: 0, count: 1, request, blob, keys };
    this.outbox.push(entry);
    this.wakeIn(delay);
    return entry;
  }

  /** Closes the open chunks of a run, or of all, so that nothing more goes under their place in the order. */
  seal(localId?: string): void {
    for (const run of localId === undefined ? this.runs.values() : [this.#run(localId)]) {
      this.#sealAllRows(run);
      for (const bucket of run.buckets) {
        this.#seal(run, bucket, bucket.values);
        if (bucket.nans) this.#seal(run, bucket, bucket.nans);
      }
    }
  }

  /** Closes the tags of a run: what follows must come after them. */
  sealTags(localId: string): void {
    const run = this.#run(localId);
    this.#sealRows(run, "tags");
  }

  /** Seals a run and forgets its buffers; it may be logged to again. */
  end(localId: string): void {
    this.seal(localId);
    this.forget(localId);
  }

  /** Forgets the buffers of a run of which nothing waits. */
  forget(localId: string): void {
    const run = this.runs.get(localId);
    if (run) run.forgotten = true;
    this.runs.delete(localId);
  }

  /** Puts all that was taken before this call; false when that failed, which is reported and tried again. */
  persist(): Promise<boolean> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  /** Closes params and tags, so that they go along. */
  closeRows(): void {
    for (const run of this.#withRows) this.#sealAllRows(run);
    this.#withRows.clear();
  }

  /** Takes a buffer back that nobody needs any more. */
  recycle(buffer: MetricBuffer): void {
    if (this.#spares.length < SPARES && buffer.key.length === buffer.limit) this.#spares.push(buffer);
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Milliseconds since something was taken that may not be in the store yet; less than 0 where nothing was. */
  get age(): number {
    return this.#parts.clock.monotonic() - (this.#putSince ?? this.#since ?? 1 / 0);
  }

  /** Has everything put in `ms` at the latest. */
  wakeIn(ms: number): void {
    const { clock } = this.#parts;
    const now = clock.monotonic();
    const at = now + ms;
    this.#since ??= now;
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = clock.after(ms, () => void this.persist());
  }

  /** Puts nothing more by itself. */
  close(): void {
    this.stop();
    this.#timerAt = Number.NEGATIVE_INFINITY;
  }

  /** Forgets the timer. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #run(localId: string): RunBuffers {
    let run = this.runs.get(localId);
    if (!run) {
      run = new RunBuffers(localId, this.#parts.ledger.run(localId), this.#parts.batchSize);
      this.runs.set(localId, run);
    }
    return run;
  }

  #sealAllRows(run: RunBuffers): void {
    this.#sealRows(run, "params");
    this.#sealRows(run, "tags");
    run.length = 0;
  }

  #sealRows(run: RunBuffers, kind: "params" | "tags"): void {
    const rows = run[kind];
    if (rows.size === 0) return;
    const request = takeRows(rows);
    let count = 0;
    const keys = request.map(([key, , calls]) => {
      count += calls;
      return [kind === "params" ? "param" : "tag", key, calls] as const;
    });
    this.outbox.push({ run: run.id, kind, sealed: true, sequence: 0, count, request, keys });
  }

  #seal(run: RunBuffers, bucket: Bucket, buffer: MetricBuffer): void {
    if (buffer.count === 0) return;
    if (buffer === bucket.nans) bucket.nans = undefined;
    else bucket.values = this.#fresh(run, bucket);
    this.dirty.delete(buffer);
    buffer.closed = true;
    this.outbox.push({ run: run.id, kind: "metrics", sealed: true, sequence: 0, count: 0, buffer });
    makeMemoryRoom(this.outbox, this.writing, this.#parts);
    // The store has more room, and knows what is older.
    if (this.putting === undefined && this.#parts.pressing(bytesOf(this.outbox))) this.wakeIn(0);
  }

  #fresh(run: RunBuffers, bucket: Bucket): MetricBuffer {
    const buffer = this.#spares.pop();
    if (!buffer) return run.buffer(bucket);
    buffer.run = run.id;
    buffer.keys = bucket.keys;
    buffer.bucket = bucket.number;
    buffer.shift(buffer.count);
    buffer.closed = false;
    return buffer;
  }

  #start(): Promise<boolean> {
    this.#next = undefined;
    this.stop();
    this.#putSince ??= this.#since;
    this.#since = undefined;
    this.#running = this.#parts.put(this).then(
      () => {
        this.#putSince = undefined;
        this.#parts.problems.solve("storage", undefined, NOT_KEPT);
        return true;
      },
      (cause: unknown) => {
        const { problems } = this.#parts;
        let message = "Cannot keep what is logged: it stays in memory and is tried again";
        // A queue of somebody else is told by itself, with that key.
        if (!problems.list().find(({ key }) => key === "destination")) message += `. ${(cause as Error).message}`;
        problems.report({ kind: "storage", key: NOT_KEPT, message, cause });
        this.wakeIn(STORAGE_RETRY);
        return false;
      },
    );
    void this.#running.then(() => {
      this.#running = this.#next;
    });
    return this.#running;
  }
}
