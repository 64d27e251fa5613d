import type { MetricColumns } from "./columns.ts";

/** Distinct keys in one chunk, so that one chunk is one legal request that every MLflow takes twice. */
export const KEYS_PER_CHUNK = 100;

/**
 * An open chunk: up to `limit` points of up to 100 keys, 25 bytes a point, no object per point.
 * Grows in steps and is used again after it was emptied, so that a steady logger allocates nothing.
 */
export class MetricBuffer implements MetricColumns {
  count = 0;
  /** Sequence under which it was last put into the storage; 0 while it never was. */
  sequence = 0;
  /** Place in the store-wide order that it got there. */
  order = 0;
  /** Wall time of its first put. */
  at = 0;
  /** Rows that the storage holds under that sequence. */
  persisted = 0;
  /** Rows of a put whose end is not known yet. */
  tried = 0;
  readonly run: string;
  readonly keys: readonly string[];
  readonly limit: number;
  key: Uint8Array = new Uint8Array(16);
  value: Float64Array = new Float64Array(16);
  timestamp: Float64Array = new Float64Array(16);
  step: Float64Array = new Float64Array(16);

  /** `keys` is the dictionary; it may grow while the buffer is open. */
  constructor(run: string, keys: readonly string[], limit: number) {
    this.run = run;
    this.keys = keys;
    this.limit = limit;
  }

  /** Adds a point; true when the buffer is full now. */
  push(key: number, value: number, timestamp: number, step: number): boolean {
    const row = this.count;
    if (row === this.key.length) this.#grow();
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
    this.sequence = this.order = this.at = this.persisted = this.tried = 0;
  }

  #grow(): void {
    const size = Math.min(this.limit, this.key.length * 4);
    const grown = <T extends Uint8Array | Float64Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.key = grown(new Uint8Array(size), this.key);
    this.value = grown(new Float64Array(size), this.value);
    this.timestamp = grown(new Float64Array(size), this.timestamp);
    this.step = grown(new Float64Array(size), this.step);
  }
}
