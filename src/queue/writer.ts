import type { Clock, Timer } from "../runtime/ports/clock.ts";
import { decodeMetrics, encodeMetrics, encodeRequest } from "./chunk-codec.ts";
import { mergeDesired } from "./desired-state.ts";
import type { Ledger } from "./ledger.ts";
import type { MetricBuffer } from "./metric-buffer.ts";
import { type Bucket, OpenRun, type OpenRows, takeRows } from "./open-run.ts";
import type { Problems } from "./problems.ts";
import type { ChunkKind, Requests } from "./request.ts";
import type { Appended, ChunkDraft, DesiredRun, QueueStorage } from "./storage.ts";
import { dropMessage, thin, type WhenFull } from "./thin.ts";

const ROWS_PER_CHUNK = 100;
const CHUNKS_PER_APPEND = 64;
const STORAGE_RETRY = 1_000;

/** Something that waits to be put: bytes, or a buffer that the storage may hold in part. */
interface Entry {
  readonly run: string;
  readonly kind: ChunkKind;
  readonly sealed: boolean;
  readonly buffer?: MetricBuffer;
  sequence: number;
  count: number;
  body?: Uint8Array<ArrayBuffer>;
  blob?: Blob;
}

/** What a writer needs. */
export interface WriterParts {
  readonly id: string;
  readonly storage: QueueStorage;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly batchSize: number;
  readonly flushInterval: number;
  readonly whenFull: WhenFull;
  /** True when bytes that wait in memory, and these, are more than there is room for. */
  readonly full: (bytes: number) => boolean;
  /** Called after each put, with the highest place in the order that was given. */
  readonly onAppended: (order: number) => void;
}

/** Takes what is logged, in memory first, and puts it into the storage: each interval, when full, or when asked. */
export class Writer {
  readonly #parts: WriterParts;
  readonly #runs = new Map<string, OpenRun>();
  readonly #dirty = new Set<MetricBuffer>();
  readonly #withRows = new Set<OpenRun>();
  #recent: OpenRun | undefined;
  #outbox: Entry[] = [];
  #outboxBytes = 0;
  /** Entries at the start of the outbox that are being put. */
  #writing = 0;
  #desired = new Map<string, DesiredRun>();
  #sequence = 0;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** The hot path: two typed-array stores more than a bare push, no allocation but one chunk per 1,000 points. */
  metric(localId: string, key: string, value: number, timestamp: number, step: number): void {
    let run = this.#recent;
    if (run === undefined || run.id !== localId) run = this.#recent = this.#run(localId);
    let slot = run.recent;
    if (slot === undefined || slot.key !== key) slot = run.recent = run.slot(key);
    slot.line.logged++;
    if (step !== slot.step || timestamp !== slot.timestamp || !Object.is(value, slot.value)) {
      slot.line.distinct++;
      slot.step = step;
      slot.timestamp = timestamp;
      slot.value = value;
    }
    run.account.waiting.points++;
    this.#parts.ledger.waiting.points++;
    const { bucket } = slot;
    const buffer = Number.isNaN(value) ? (bucket.nans ??= run.buffer(bucket.keys)) : bucket.values;
    if (buffer.count === buffer.persisted) this.#dirty.add(buffer);
    if (buffer.push(slot.index, value, timestamp, step)) this.#seal(run, bucket, buffer);
    if (this.#timer === undefined) this.#wakeIn(this.#parts.flushInterval);
  }

  /** Params and tags: one row per key, up to 100 to a chunk. */
  row(localId: string, kind: "params" | "tags", key: string, value: string): void {
    const run = this.#run(localId);
    const rows = run[kind];
    this.#parts.ledger.request(localId, [kind === "params" ? "param" : "tag", key]);
    const before = rows.get(key);
    if (kind === "tags") this.#desire(localId, { tags: { [key]: value } });
    // A batch with two values of a param is refused whole: the second one goes, and is refused, on its own.
    if (before && kind === "params" && before[0] !== value) this.#sealRows(run, kind, rows);
    rows.set(key, [value, 1 + (rows.get(key)?.[1] ?? 0)]);
    this.#withRows.add(run);
    if (rows.size >= ROWS_PER_CHUNK) this.#sealRows(run, kind, rows);
    this.#wakeIn(this.#parts.flushInterval);
  }

  /** Any other request; `delay` is how long it may wait for others to go along. */
  request<K extends keyof Requests>(
    localId: string,
    kind: K,
    request: Requests[K],
    delay: number = this.#parts.flushInterval,
    blob?: Blob,
  ): void {
    this.#push({ run: localId, kind, sealed: true, sequence: 0, count: 1, body: encodeRequest(request) }, blob);
    if (kind === "untag") this.#desire(localId, { tags: { [request as string]: null } });
    if (kind === "update") this.#desire(localId, request as Requests["update"]);
    this.#wakeIn(delay);
  }

  /** Closes the open chunks of a run, or of all, so that nothing more goes under their place in the order. */
  seal(localId?: string): void {
    for (const run of localId === undefined ? this.#runs.values() : [this.#run(localId)]) {
      this.#sealRows(run, "params", run.params);
      this.#sealRows(run, "tags", run.tags);
      for (const bucket of run.buckets) {
        this.#seal(run, bucket, bucket.values);
        if (bucket.nans) this.#seal(run, bucket, bucket.nans);
      }
    }
  }

  /** Closes the tags of a run: what follows must come after them. */
  sealTags(localId: string): void {
    const run = this.#run(localId);
    this.#sealRows(run, "tags", run.tags);
  }

  /** Seals a run and forgets its buffers; it may be logged to again. */
  end(localId: string): void {
    this.seal(localId);
    this.#runs.delete(localId);
    this.#recent = undefined;
  }

  /** Puts all that was taken before this call; false when the storage failed, which is reported and tried again. */
  persist(): Promise<boolean> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  /** True when something is only in memory. */
  get holds(): boolean {
    return this.#outbox.length > 0 || this.#withRows.size > 0 || this.#dirty.size > 0 || this.#desired.size > 0;
  }

  /** Forgets the timer. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #run(localId: string): OpenRun {
    let run = this.#runs.get(localId);
    if (!run) {
      run = new OpenRun(localId, this.#parts.ledger.run(localId), this.#parts.batchSize);
      this.#runs.set(localId, run);
    }
    return run;
  }

  #wakeIn(ms: number): void {
    const { clock } = this.#parts;
    const at = clock.monotonic() + ms;
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = clock.after(ms, () => void this.persist());
  }

  #desire(localId: string, desired: DesiredRun): void {
    this.#desired.set(localId, mergeDesired(this.#desired.get(localId), desired));
  }

  #push(entry: Entry, blob?: Blob): void {
    if (blob) entry.blob = blob;
    this.#outbox.push(entry);
    this.#outboxBytes += entry.body?.length ?? 0;
    if (this.#parts.full(this.#outboxBytes)) this.#makeRoom();
  }

  #sealRows(run: OpenRun, kind: "params" | "tags", rows: OpenRows): void {
    if (rows.size === 0) return;
    const taken = takeRows(rows);
    const count = taken.reduce((sum, [, , calls]) => sum + calls, 0);
    this.#push({ run: run.id, kind, sealed: true, sequence: 0, count, body: encodeRequest(taken) });
  }

  #seal(run: OpenRun, bucket: Bucket, buffer: MetricBuffer): void {
    if (buffer.count === 0) return;
    const entry: Entry = { run: run.id, kind: "metrics", sealed: true, sequence: 0, count: buffer.count };
    if (buffer.sequence === 0) {
      entry.body = encodeMetrics(buffer);
      buffer.count = 0;
      this.#push(entry);
      return;
    }
    // The storage has a part of it, perhaps sealed by the leader by now: the rows stay at hand until that is known.
    if (buffer === bucket.nans) bucket.nans = undefined;
    else bucket.values = run.buffer(bucket.keys);
    this.#dirty.delete(buffer);
    this.#push({ ...entry, buffer });
  }

  #start(): Promise<boolean> {
    this.#next = undefined;
    this.stop();
    this.#running = this.#write().then(
      () => true,
      (cause: unknown) => {
        const message = `Cannot keep what is logged in "${this.#parts.storage.name}": it stays in memory and is tried again`;
        this.#parts.problems.report({ kind: "storage", message, cause });
        this.#wakeIn(STORAGE_RETRY);
        return false;
      },
    );
    void this.#running.then(() => {
      this.#running = this.#next;
    });
    return this.#running;
  }

  async #write(): Promise<void> {
    const { storage, id, onAppended } = this.#parts;
    for (const run of this.#withRows) {
      this.#sealRows(run, "params", run.params);
      this.#sealRows(run, "tags", run.tags);
    }
    this.#withRows.clear();
    for (let tails = true; tails || this.#outbox.length > 0; ) {
      const batch = this.#outbox.slice(0, CHUNKS_PER_APPEND);
      this.#writing = batch.length;
      if (tails && batch.length === this.#outbox.length) {
        for (const buffer of this.#dirty) {
          if (buffer.count > buffer.persisted) {
            batch.push({ run: buffer.run, kind: "metrics", sealed: false, sequence: 0, count: 0, buffer });
          }
        }
        this.#dirty.clear();
        tails = false;
      }
      if (batch.length === 0 && this.#desired.size === 0) break;
      const desired = this.#desired;
      this.#desired = new Map();
      try {
        const results = await storage.append(id, batch.map((entry) => this.#draft(entry)), desired);
        const rest = batch.filter((entry, n) => !this.#appended(entry, results[n]!)).filter((entry) => entry.sealed);
        this.#outbox.splice(0, this.#writing, ...rest);
        this.#outboxBytes = this.#outbox.reduce((sum, entry) => sum + (entry.body?.length ?? 0), 0);
        onAppended(Math.max(0, ...results.map((result) => result.order)));
      } catch (error) {
        for (const { buffer, sealed } of batch) if (buffer && !sealed) this.#dirty.add(buffer);
        for (const [run, later] of this.#desired) desired.set(run, mergeDesired(desired.get(run), later));
        this.#desired = desired;
        throw error;
      } finally {
        this.#writing = 0;
      }
    }
  }

  #draft(entry: Entry): ChunkDraft {
    const { run, kind, buffer, blob } = entry;
    const at = this.#parts.clock.now();
    if (!buffer) {
      entry.sequence ||= ++this.#sequence;
      return { sequence: entry.sequence, run, kind, at, sealed: true, count: entry.count, body: entry.body!, ...(blob && { blob }) };
    }
    // After a failed put it is not known whether it took place: the very same rows are put again before any more.
    const count = (buffer.tried ||= buffer.count);
    buffer.sequence ||= ++this.#sequence;
    const { sequence, order, keys, key, value, timestamp, step } = buffer;
    return {
      sequence,
      run,
      kind,
      at: (buffer.at ||= at),
      count,
      sealed: entry.sealed && count === buffer.count,
      body: encodeMetrics({ count, keys, key, value, timestamp, step }),
      ...(order > 0 && { order }),
    };
  }

  /** Notes what became of an entry; true when nothing of it is left to put. */
  #appended({ buffer, sealed }: Entry, result: Appended): boolean {
    if (!buffer) return true;
    if (result.stored) {
      buffer.order = result.order;
      buffer.persisted = buffer.tried;
      buffer.tried = 0;
    } else {
      // Sealed by the leader, or delivered: only what came after goes on, as a chunk of its own.
      buffer.shift(result.count ?? (buffer.persisted || buffer.tried));
    }
    if (!sealed && buffer.count > buffer.persisted) {
      this.#dirty.add(buffer);
      if (!result.stored) this.#wakeIn(0);
    }
    return buffer.count === buffer.persisted;
  }

  /** Thins the metrics that no storage has yet, oldest first, until there is room or nothing more to gain. */
  #makeRoom(): void {
    const { ledger, problems, whenFull, full } = this.#parts;
    for (let at = this.#writing; at < this.#outbox.length && full(this.#outboxBytes); ) {
      const entry = this.#outbox[at]!;
      if (entry.kind !== "metrics" || !entry.body || entry.sequence > 0) {
        at++;
        continue;
      }
      const { kept, gone } = thin(decodeMetrics(entry.body), whenFull);
      this.#outboxBytes -= entry.body.length;
      if (kept) {
        entry.body = encodeMetrics(kept);
        entry.count = kept.count;
        this.#outboxBytes += entry.body.length;
        at++;
      } else {
        this.#outbox.splice(at, 1);
      }
      ledger.settle({ ...entry, count: gone.count }, "dropped", gone);
      problems.report({ kind: "dropped", run: entry.run, message: dropMessage(gone) });
    }
  }
}
