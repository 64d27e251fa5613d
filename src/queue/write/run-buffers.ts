import { MetricBuffer } from "./metric-buffer.ts";
import type { Rows } from "../chunk/request.ts";
import type { Count } from "../amount.ts";
import type { Line, RunAccount } from "../account/run-account.ts";

/** Open chunks of up to 100 keys: NaN apart, since old servers refuse a repeated batch with NaN. */
export interface Bucket {
  /** As the account of the run numbers it. */
  readonly number: number;
  readonly keys: string[];
  values: MetricBuffer;
  nans: MetricBuffer | undefined;
}

/** A metric key of a run, and where its points go. */
export interface Slot {
  readonly run: RunBuffers;
  readonly index: number;
  readonly bucket: Bucket;
  readonly line: Line;
}

/** Params or tags that wait for their chunk: value and calls by key. */
export type OpenRows = Map<string, [value: string, calls: number]>;

/** What a writer holds open for one run. */
export class RunBuffers {
  readonly id: string;
  readonly waiting: Count;
  readonly params: OpenRows = new Map();
  readonly tags: OpenRows = new Map();
  /** Length of all keys and values that went there since both were empty. */
  length = 0;
  /** Its buffers are closed, and what is logged to it goes to new ones. */
  forgotten = false;
  readonly #account: RunAccount;
  readonly #slots = new Map<string, Slot>();
  readonly #buckets = new Map<number, Bucket>();
  readonly #limit: number;

  constructor(id: string, account: RunAccount, limit: number) {
    this.id = id;
    this.#account = account;
    this.waiting = account.waiting;
    this.#limit = limit;
  }

  get buckets(): Iterable<Bucket> {
    return this.#buckets.values();
  }

  /** The slot of a key: buckets hold up to 100 keys, in the order of their first point. */
  slot(key: string): Slot {
    let slot = this.#slots.get(key);
    if (!slot) {
      const line = this.#account.line("metric", key);
      const bucket = this.#bucket(line.bucket);
      const index = bucket.keys.push(key) - 1;
      slot = { run: this, index, bucket, line };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  /** The open chunk of a bucket's NaNs. */
  nans(bucket: Bucket): MetricBuffer {
    bucket.nans ??= this.buffer(bucket);
    return bucket.nans;
  }

  buffer({ keys, number }: Pick<Bucket, "keys" | "number">): MetricBuffer {
    return new MetricBuffer(this.id, keys, number, this.#limit);
  }

  #bucket(number: number): Bucket {
    let bucket = this.#buckets.get(number);
    if (!bucket) {
      const keys: string[] = [];
      bucket = { number, keys, values: this.buffer({ keys, number }), nans: undefined };
      this.#buckets.set(number, bucket);
    }
    return bucket;
  }
}

/** Empties open rows into those of a chunk. */
export function takeRows(rows: OpenRows): Rows {
  const taken = [...rows].map(([key, [value, calls]]) => [key, value, calls] as const);
  rows.clear();
  return taken;
}
