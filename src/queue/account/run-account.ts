import type { Count } from "../amount.ts";
import { KEYS_PER_CHUNK } from "../write/metric-buffer.ts";
import type { PointAccount } from "./point-account.ts";
import type { ReceiptLine } from "../types.ts";

/** A line that counts on. */
export interface Line extends Pick<ReceiptLine, "kind" | "key"> {
  /** Group of lines that are stored together. */
  readonly bucket: number;
  /** Accepted calls. */
  logged: number;
  /** Of any other than a metric: calls that were handed to the storage. */
  kept: number;
  /** Calls that went before they came to the storage. */
  dropped: number;
  /** Calls that could not be sent as they were. */
  refused: number;
  /** Which points are different ones; made at their first put. */
  points?: PointAccount;
}

/** Lines that are stored together. */
export interface Group {
  readonly lines: Line[];
  /** Their kinds and keys, encoded at the first put since there is a new one. */
  names?: Uint8Array | undefined;
}

/** The account of one run: what was logged here. What became of it is counted in the storage. */
export class RunAccount {
  readonly run: string;
  /** What was logged here and has no fate yet. */
  readonly waiting: Count = { points: 0, requests: 0 };
  /** Nothing more is expected. */
  ended = false;
  readonly lines: Map<string, Line> = new Map();
  readonly buckets: Map<number, Group> = new Map();
  /** Buckets that new lines go to: of metrics, and of anything else. */
  readonly #open: { metric?: number; other?: number } = {};
  readonly #newBucket: () => number;
  /** Buckets that are not in the storage as they stand, with how often they changed. */
  readonly dirty: Map<number, number> = new Map();
  #changes = 0;
  readonly #onDirty: (account: RunAccount) => void;

  constructor(run: string, newBucket: () => number, onDirty: (account: RunAccount) => void) {
    this.run = run;
    this.#newBucket = newBucket;
    this.#onDirty = onDirty;
  }

  /** The line of a kind and key; made at first use. */
  line(kind: ReceiptLine["kind"], key: string): Line {
    const name = `${kind} ${key}`;
    let line = this.lines.get(name);
    if (!line) {
      const bucket = this.#bucket(kind === "metric" ? "metric" : "other");
      line = { kind, key, bucket, logged: 0, kept: 0, dropped: 0, refused: 0 };
      this.lines.set(name, line);
      const group = this.buckets.get(bucket)!;
      group.lines.push(line);
      group.names = undefined;
    }
    return line;
  }

  /** Counts one accepted call. */
  take(kind: ReceiptLine["kind"], key: string): void {
    this.line(kind, key).logged++;
  }

  /** Counts calls that could not be sent as they were. */
  refuse(kind: ReceiptLine["kind"], key: string, count: number): void {
    const line = this.line(kind, key);
    line.refused += count;
    this.touch(line);
  }

  /** Notes that a line is not in the storage as it stands. */
  touch({ bucket }: Line): void {
    if (this.dirty.size === 0) this.#onDirty(this);
    this.dirty.set(bucket, ++this.#changes);
  }

  #bucket(of: "metric" | "other"): number {
    const open = this.#open[of];
    if (open !== undefined && this.buckets.get(open)!.lines.length < KEYS_PER_CHUNK) return open;
    const bucket = this.#newBucket();
    this.#open[of] = bucket;
    this.buckets.set(bucket, { lines: [] });
    return bucket;
  }
}
