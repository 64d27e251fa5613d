import type { MetricColumns } from "../chunk/columns.ts";

/** Distinct keys in one chunk, so that one chunk is one legal request that every MLflow takes twice. */
export const KEYS_PER_CHUNK = 100;
/** Bytes of a point in a buffer. */
export const BYTES_PER_POINT = 25;

/** An open chunk: points of up to 100 keys of one run, 25 bytes a point, no object per point. Grows in steps. */
export class MetricBuffer implements MetricColumns {
  count = 0;
  /** Sequence under which it was last put into the store; 0 while it never was. */
  sequence = 0;
  /** Place in the store-wide order that it got there. */
  order = 0;
  /** Wall time of its first put. */
  at = 0;
  /** Rows that the store holds under that sequence. */
  persisted = 0;
  /** Takes no more points. */
  closed = false;
  /** Rows of a put whose end is not known yet. */
  tried = 0;
  /** Rows that the account of the run knows. */
  counted = 0;
  run: string;
  /** The dictionary; may grow while the buffer is open. */
  keys: readonly string[];
  /** Number of the group of keys that they belong to. */
  bucket: number;
  readonly limit: number;
  key: Uint8Array = new Uint8Array(0);
  value: Float64Array = new Float64Array(0);
  timestamp: Float64Array = new Float64Array(0);
  step: Float64Array = new Float64Array(0);

  constructor(run: string, keys: readonly string[], bucket: number, limit: number) {
    this.run = run;
    this.keys = keys;
    this.bucket = bucket;
    this.limit = limit;
    this.#resize(Math.min(limit, 16));
  }

  /** Adds a point; true when the buffer is full now. */
  push(key: number, value: number, timestamp: number, step: number): boolean {
    const row = this.count;
    if (row === this.key.length) this.#resize(Math.min(this.limit, row * 4));
    this.key[row] = key;
    this.value[row] = value;
    this.timestamp[row] = timestamp;
    this.step[row] = step;
    this.count = row + 1;
    return row + 1 >= this.limit;
  }

  /** Forgets the first `rows` points, which are safe elsewhere, and takes a new sequence at the next put. */
  shift(rows: number): void {
    for (const column of [this.key, this.value, this.timestamp, this.step]) column.copyWithin(0, rows, this.count);
    this.count -= rows;
    this.counted = Math.max(0, this.counted - rows);
    this.sequence = this.order = this.at = this.persisted = this.tried = 0;
  }

  /** Takes these rows, of the same keys, in the place of its own; none was put yet. */
  replaceRows({ count, key, value, timestamp, step }: MetricColumns): void {
    this.count = count;
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.step = step;
  }

  #resize(size: number): void {
    const { key, value, timestamp, step } = this;
    this.key = new Uint8Array(size);
    this.key.set(key);
    const grown = (column: Float64Array): Float64Array => {
      const longer = new Float64Array(size);
      longer.set(column);
      return longer;
    };
    this.value = grown(value);
    this.timestamp = grown(timestamp);
    this.step = grown(step);
  }
}
