import type { Count, Line, RunAccount } from "./ledger.ts";
import { KEYS_PER_CHUNK, MetricBuffer } from "./metric-buffer.ts";
import type { Rows } from "./request.ts";

/** Open chunks of up to 100 keys: NaN apart, since old servers refuse a repeated batch with NaN. */
export interface Bucket {
  readonly keys: string[];
  values: MetricBuffer;
  nans: MetricBuffer | undefined;
}

/** A metric key of a run, and where its points go. */
export interface Slot {
  readonly key: string;
  readonly index: number;
  readonly bucket: Bucket;
  readonly line: Line;
}

/** Params or tags that wait for their chunk: value and calls by key. */
export type OpenRows = Map<string, [value: string, calls: number]>;

/** What a writer holds open for one run. */
export class OpenRun {
  readonly id: string;
  readonly waiting: Count;
  readonly buckets: Bucket[] = [];
  readonly params: OpenRows = new Map();
  readonly tags: OpenRows = new Map();
  /** Slot of the latest call. */
  recent: Slot | undefined;
  readonly #account: RunAccount;
  readonly #slots = new Map<string, Slot>();
  readonly #limit: number;

  constructor(id: string, account: RunAccount, limit: number) {
    this.id = id;
    this.#account = account;
    this.waiting = account.waiting;
    this.#limit = limit;
  }

  /** The slot of a key: buckets fill with keys in the order of their first point. */
  slot(key: string): Slot {
    let slot = this.#slots.get(key);
    if (!slot) {
      const number = this.#slots.size;
      if (number % KEYS_PER_CHUNK === 0) {
        const keys: string[] = [];
        this.buckets.push({ keys, values: this.buffer(keys), nans: undefined });
      }
      const bucket = this.buckets.at(-1)!;
      const index = bucket.keys.push(key) - 1;
      const line = this.#account.line("metric", key);
      slot = { key, index, bucket, line };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  /** The open chunk of a bucket's NaNs. */
  nans(bucket: Bucket): MetricBuffer {
    bucket.nans ??= this.buffer(bucket.keys);
    return bucket.nans;
  }

  buffer(keys: readonly string[]): MetricBuffer {
    return new MetricBuffer(this.id, keys, this.#limit);
  }
}

/** Empties open rows into those of a chunk. */
export function takeRows(rows: OpenRows): Rows {
  const taken = [...rows].map(([key, [value, calls]]) => [key, value, calls] as const);
  rows.clear();
  return taken;
}
