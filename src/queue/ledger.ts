import type { MetricColumns } from "./columns.ts";
import type { ChunkHeader, StorageCounts, StoredChunk } from "./storage.ts";
import type { Amount, Receipt, ReceiptLine } from "./types.ts";

/** An amount that counts on. */
export type Count = { -readonly [K in keyof Amount]: number };
/** What can become of a chunk. */
export type Fate = "acknowledged" | "dropped" | "quarantined";
type Line = { -readonly [K in keyof ReceiptLine]: ReceiptLine[K] };

/** The account of one run: what was logged, and what became of it. */
export class RunAccount {
  readonly waiting: Count = { points: 0, requests: 0 };
  readonly #lines = new Map<string, Line>();

  /** The line of a kind and key; made at first use. */
  line(kind: ReceiptLine["kind"], key: string): Line {
    const name = `${kind} ${key}`;
    let line = this.#lines.get(name);
    if (!line) {
      line = { kind, key, logged: 0, distinct: 0, acknowledged: 0, dropped: 0, quarantined: 0 };
      this.#lines.set(name, line);
    }
    return line;
  }

  /** Counts one accepted call. */
  take(kind: ReceiptLine["kind"], key: string): void {
    const line = this.line(kind, key);
    line.logged++;
    line.distinct++;
  }

  receipt(run: string, runId: string | undefined): Receipt {
    return { run, runId, lines: [...this.#lines.values()].map((line) => ({ ...line })) };
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

  /** Takes over what a storage held before this session. */
  begin(counts: StorageCounts): void {
    add(this.waiting, counts.waiting);
    add(this.quarantined, counts.quarantined);
    this.bytes = counts.bytes;
    this.blobBytes += counts.blobBytes;
  }

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

  /** True when something was logged to a run here. */
  has(localId: string): boolean {
    return this.#runs.has(localId);
  }

  /** Moves what a chunk, or a part of it, holds from waiting to its fate; `content` names the keys. */
  settle(chunk: Settled, fate: Fate, content: MetricColumns | Entries): void {
    const account = this.run(chunk.run);
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
