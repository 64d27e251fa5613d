import { add, amountOf, type Count, least } from "../amount.ts";
import type { MetricColumns } from "../chunk/columns.ts";
import type { Fate } from "./fates.ts";
import { keyCounts } from "./key-counts.ts";
import { RunAccount } from "./run-account.ts";
import type { Whose } from "./outstanding.ts";
import type { Place } from "../destination.ts";
import type { StoredChunk } from "../chunk/stored-chunk.ts";
import type { Amount, ReceiptLine } from "../types.ts";
import { roomOf } from "../chunk/file-body.ts";

/** Runs that are over and of which the account is kept. */
const KEPT = 10_000;

/** A chunk, or a part of it; without a place it is one of this process that never came to the storage. */
export type Settled = Pick<StoredChunk, "run" | "kind" | "count" | "blob"> & {
  readonly writer?: string;
  readonly order?: number;
  readonly sequence?: number;
};

/** Counts what the queue took and what became of it, per run and in all, without walking anything. */
export class Ledger {
  readonly waiting: Count = { points: 0, requests: 0 };
  readonly inFlight: Count = { points: 0, requests: 0 };
  readonly delivered: Count = { points: 0, requests: 0 };
  readonly quarantined: Count = { points: 0, requests: 0 };
  readonly dropped: Count = { points: 0, requests: 0 };
  /** Of what waits: in the storage and of other writers, as far as known. */
  readonly foreign: Count = { points: 0, requests: 0 };
  /** Bytes of artifacts among it. */
  foreignBlobs = 0;
  /** Of what was dropped: before it came to the storage. */
  readonly lost: Count = { points: 0, requests: 0 };
  /** Tells whose a chunk is that is settled. */
  onSettle: (chunk: Settled) => Whose = () => "own";
  /** Bytes of bodies in the storage, as far as known. */
  bytes = 0;
  /**
   * Points in tails of this process's writer that the leader here sealed, by sequence: what the store holds in their
   * place may be a part by the time that the writer asks.
   */
  readonly sealedTails: Map<number, number> = new Map();
  /** Id of this process's writer. */
  writer = "";
  /** Where its data goes; undefined when nobody says so. */
  place: Place | undefined;
  /** Bytes of artifacts that wait. */
  blobBytes = 0;
  readonly #runs = new Map<string, RunAccount>();
  /** Accounts that are not in the storage as they stand. */
  readonly dirty: Map<string, RunAccount> = new Map();
  #buckets = 0;
  /** Runs that are over, the one that was settled last at the end. */
  readonly #over = new Set<string>();
  readonly #kept: number;
  readonly #onForget: (localId: string) => void;

  /** `onForget` hears of runs that are over when `kept` others are over since. */
  constructor(onForget: (localId: string) => void = () => {}, kept: number = KEPT) {
    this.#onForget = onForget;
    this.#kept = kept;
  }

  /** The account of a run that is logged to here. */
  run(localId: string): RunAccount {
    let account = this.#runs.get(localId);
    if (!account) {
      // Numbers of buckets are never given again, so that a run that comes back overwrites nothing of its own.
      account = new RunAccount(
        localId,
        () => ++this.#buckets,
        (dirty) => this.dirty.set(localId, dirty),
      );
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

  /** Runs that are logged to here, or were lately. */
  runs(): string[] {
    return [...this.#runs.keys()];
  }

  /** What waits and was logged here. */
  get own(): Amount {
    const { points, requests } = this.waiting;
    return {
      points: Math.max(0, points - this.foreign.points),
      requests: Math.max(0, requests - this.foreign.requests),
    };
  }

  /** Runs of which something waits that was logged here. */
  open(): Set<string> {
    const open = new Set<string>();
    for (const [run, { waiting }] of this.#runs) if (waiting.points + waiting.requests > 0) open.add(run);
    return open;
  }

  /** Something waits that was logged here. */
  hasOpen(): boolean {
    for (const { waiting } of this.#runs.values()) if (waiting.points + waiting.requests > 0) return true;
    return false;
  }

  /** The account of a run, if there is one. */
  find(localId: string): RunAccount | undefined {
    return this.#runs.get(localId);
  }

  /** Counts points that went before they came to the storage. */
  lose(run: string, gone: MetricColumns): void {
    const account = this.run(run);
    for (const [kind, key, calls] of keyCounts(gone)) {
      const line = account.line(kind, key);
      line.dropped += calls;
      account.touch(line);
    }
    this.lost.points += gone.count;
    this.settle({ run, kind: "metrics", count: gone.count }, "dropped");
  }

  /** Moves what a chunk, or a part of it, holds from waiting to its fate. */
  settle(chunk: Settled, fate: Fate): void {
    const whose = this.onSettle(chunk);
    if (whose === "gone") return;
    const moved = amountOf(chunk);
    add(this[fate === "acknowledged" ? "delivered" : fate], moved);
    const known = this.#runs.get(chunk.run);
    // Of a run of another process: here nobody will say that it is over.
    if (!known) this.run(chunk.run).ended = true;
    if (whose === "own") {
      this.leave(chunk.run, moved, roomOf(chunk));
      return;
    }
    // What another process logged was never counted for the run here; nor, if it came just now, as waiting at all.
    const counted = least(moved, this.foreign);
    add(this.foreign, counted, -1);
    const blobBytes = Math.min(roomOf(chunk), this.foreignBlobs);
    this.foreignBlobs -= blobBytes;
    this.leave(chunk.run, counted, blobBytes, false);
  }

  /** Takes off what waits, whatever became of it. */
  leave(run: string, amount: Amount, blobBytes: number, own = true): void {
    this.blobBytes -= blobBytes;
    add(this.waiting, amount, -1);
    const account = this.run(run);
    if (own) add(account.waiting, amount, -1);
    const { points, requests } = account.waiting;
    if (account.ended && points + requests === 0) this.#retire(run);
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
