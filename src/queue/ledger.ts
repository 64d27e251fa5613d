import type { MetricColumns } from "./columns.ts";
import type { PointAccount } from "./point-account.ts";
import type { ChunkHeader, StorageCounts, StoredChunk } from "./storage.ts";
import type { Amount, Receipt, ReceiptLine } from "./types.ts";

/** An amount that counts on. */
export type Count = { -readonly [K in keyof Amount]: number };
/** What can become of a chunk. */
export type Fate = "acknowledged" | "dropped" | "quarantined";
/** A line that counts on. */
export type Line = { -readonly [K in Exclude<keyof ReceiptLine, "distinct" | "hash" | "readBack">]: ReceiptLine[K] } & {
  /** Which points are different ones; made at their first put. */
  points?: PointAccount;
};
/** Runs that are over and of which the account is kept. */
const KEPT = 10_000;

/** The account of one run: what was logged, and what became of it. */
export class RunAccount {
  /** What was logged here and has no fate yet. */
  readonly waiting: Count = { points: 0, requests: 0 };
  /** Nothing more is expected. */
  ended = false;
  readonly #lines = new Map<string, Line>();

  /** The line of a kind and key; made at first use. */
  line(kind: ReceiptLine["kind"], key: string): Line {
    const name = `${kind} ${key}`;
    let line = this.#lines.get(name);
    if (!line) {
      line = { kind, key, logged: 0, acknowledged: 0, dropped: 0, quarantined: 0 };
      this.#lines.set(name, line);
    }
    return line;
  }

  /** Counts one accepted call. */
  take(kind: ReceiptLine["kind"], key: string): void {
    this.line(kind, key).logged++;
  }

  receipt(run: string, runId: string | undefined): Receipt {
    const lines = [...this.#lines.values()].map(({ points, ...line }) => {
      // A point is one of many; anything else is one thing with a last state.
      const distinct = line.kind === "metric" ? line.logged - (points?.repeats ?? 0) : Math.min(1, line.logged);
      const hash = points?.hash(line.logged);
      return { ...line, distinct, ...(hash !== undefined && { hash }) };
    });
    return { run, runId, lines };
  }
}

/** A chunk, or a part of it; without a writer it is one of this process. */
type Settled = Pick<StoredChunk, "run" | "kind" | "count" | "blob"> & { readonly writer?: string };

/** Rows of a request chunk as far as receipts know them. */
export type Entries = readonly (readonly [kind: ReceiptLine["kind"], key: string, calls: number])[];

/** Counts what the queue took and what became of it, per run and in all, without walking anything. */
export class Ledger {
  readonly waiting: Count = { points: 0, requests: 0 };
  readonly inFlight: Count = { points: 0, requests: 0 };
  readonly delivered: Count = { points: 0, requests: 0 };
  readonly quarantined: Count = { points: 0, requests: 0 };
  readonly dropped: Count = { points: 0, requests: 0 };
  /** Bytes of bodies in the storage, as far as known. */
  bytes = 0;
  /**
   * Points in tails of this process's writer that the leader here sealed, by sequence: what the store holds in their
   * place may be a part by the time that the writer asks.
   */
  readonly sealedTails: Map<number, number> = new Map();
  /** Id of this process's writer. */
  writer = "";
  /** Bytes of artifacts that wait. */
  blobBytes = 0;
  readonly #runs = new Map<string, RunAccount>();
  /** Runs that are over, the one that was settled last at the end. */
  readonly #over = new Set<string>();
  readonly #kept: number;
  readonly #onForget: (localId: string) => void;

  /** `onForget` hears of runs that are over when `kept` others are over since. */
  constructor(onForget: (localId: string) => void = () => {}, kept: number = KEPT) {
    this.#onForget = onForget;
    this.#kept = kept;
  }

  /** Takes over what a storage held before this session. */
  begin(counts: StorageCounts): void {
    add(this.waiting, counts.waiting);
    add(this.quarantined, counts.quarantined);
    this.bytes = counts.bytes;
    this.blobBytes += counts.blobBytes;
  }

  /** The account of a run that is logged to here. */
  run(localId: string): RunAccount {
    let account = this.#runs.get(localId);
    if (!account) {
      account = new RunAccount();
      this.#runs.set(localId, account);
    }
    return account;
  }

  /** Counts one call of a kind without a line of its own, or with one. */
  request(localId: string, line?: readonly [kind: ReceiptLine["kind"], key: string]): void {
    const account = this.run(localId);
    account.waiting.requests++;
    this.waiting.requests++;
    if (line) account.take(...line);
  }

  /** Runs of which something waits that was logged here. */
  open(): Set<string> {
    const open = new Set<string>();
    for (const [run, { waiting }] of this.#runs) if (waiting.points + waiting.requests > 0) open.add(run);
    return open;
  }

  /** The account of a run, if there is one. */
  find(localId: string): RunAccount | undefined {
    return this.#runs.get(localId);
  }

  /** Moves what a chunk, or a part of it, holds from waiting to its fate; `content` names the keys. */
  settle(chunk: Settled, fate: Fate, content: MetricColumns | Entries): void {
    const known = this.#runs.get(chunk.run);
    const account = known ?? this.run(chunk.run);
    // Of a run of another process: here nobody will say that it is over.
    if (!known) account.ended = true;
    if ("count" in content) {
      const lines = content.keys.map((key) => account.line("metric", key));
      for (let row = 0; row < content.count; row++) lines[content.key[row]!]![fate]++;
    } else {
      for (const [kind, key, calls] of content) account.line(kind, key)[fate] += calls;
    }
    this.blobBytes -= chunk.blob?.size ?? 0;
    const moved = amountOf(chunk);
    // What another process logged was never counted for the run here.
    if ((chunk.writer ?? this.writer) === this.writer) add(account.waiting, moved, -1);
    add(this.waiting, moved, -1);
    add(this[fate === "acknowledged" ? "delivered" : fate], moved);
    const { points, requests } = account.waiting;
    if (account.ended && points + requests === 0) this.#retire(chunk.run);
  }

  /** Keeps the account of a run that is over, and forgets the oldest of them. */
  #retire(localId: string): void {
    this.#over.delete(localId);
    this.#over.add(localId);
    if (this.#over.size <= this.#kept) return;
    const [oldest] = this.#over;
    this.#over.delete(oldest!);
    const { ended, waiting } = this.#runs.get(oldest!)!;
    if (!ended || waiting.points + waiting.requests > 0) return;
    this.#runs.delete(oldest!);
    this.#onForget(oldest!);
  }
}

/** What a chunk counts as. */
export function amountOf({ kind, count }: Pick<ChunkHeader, "kind" | "count">): Amount {
  return kind === "metrics" ? { points: count, requests: 0 } : { points: 0, requests: count };
}

/** Adds to an amount in place. */
export function add(to: Count, amount: Amount, sign = 1): void {
  to.points += sign * amount.points;
  to.requests += sign * amount.requests;
}
