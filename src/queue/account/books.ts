import { add, amountOf } from "../amount.ts";
import type { KeyCounts } from "./key-counts.ts";
import type { Ledger } from "./ledger.ts";
import { type Changes, Comparison, type Seen } from "./comparison.ts";
import { type OnLeft, Outstanding } from "./outstanding.ts";
import type { Openings } from "../lead/openings.ts";
import type { ChunkHeader, QuarantinedChunk } from "../chunk/stored-chunk.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import type { Amount } from "../types.ts";
import { roomOf } from "../chunk/file-body.ts";

/** Times that the counts are read in the hope that nothing changes meanwhile. */
const TRIES = 5;

/**
 * Keeps the ledger of this process right while others write to the same storage and drain it: the totals are those of the
 * storage, and what was put here and is not there any more waits no longer.
 */
export class Books {
  readonly #ledger: Ledger;
  readonly #store: QueueStore;
  readonly #own: Outstanding;
  readonly #openings: Openings;
  /** What the storage had counted when this process began. */
  #base: Pick<StorageCounts, "delivered" | "dropped">;
  readonly #changes: Changes = { done: 0, underWay: 0 };
  /** Appends that told the totals of the storage; so did the last one. */
  counted = 0;
  isCounted = false;
  /** As `append` of the storage, for what is logged here. */
  readonly intake: Pick<QueueStore, "append">;
  /** Finds what left the storage by the hands of others. */
  readonly comparison: Comparison;

  constructor(ledger: Ledger, store: QueueStore, counts: StorageCounts, openings: Openings) {
    this.#openings = openings;
    this.#ledger = ledger;
    this.#store = store;
    this.#own = new Outstanding(ledger.writer);
    // A process that moves over from another storage has counted before.
    this.#base = {
      delivered: minus(counts.delivered, ledger.delivered),
      dropped: minus(counts.dropped, minus(ledger.dropped, ledger.lost)),
    };
    const onLeft: OnLeft = (run, left, blobBytes) => ledger.leave(run, left, blobBytes);
    this.comparison = new Comparison({ store, own: this.#own, changes: this.#changes, onLeft }, counts);
    ledger.foreignBlobs = counts.blobBytes;
    this.intake = { append: (...args) => this.#append(...args) };
    ledger.onSettle = (chunk) => {
      this.#changes.done++;
      const { order, writer } = chunk;
      if (order === undefined) return "own";
      const sequence = writer === ledger.writer ? (chunk.sequence ?? 0) : 0;
      return this.#own.settle(order, sequence, { ...amountOf(chunk) }, roomOf(chunk));
    };
  }

  /** Nothing that was put here is known to wait in the storage. */
  get isClear(): boolean {
    return this.#own.isEmpty;
  }

  /** The first place at which something lies that was put here; undefined when none is known. */
  get first(): number | undefined {
    return this.#own.first;
  }

  /** True for a chunk that was logged here. */
  owns({ order }: Pick<ChunkHeader, "order">): boolean {
    return this.#own.has(order);
  }

  /** Notes a change of the storage that is under way, as the counts of the storage and those here differ until it is over. */
  async during<T>(change: () => Promise<T>): Promise<T> {
    this.#changes.underWay++;
    try {
      return await change();
    } finally {
      this.#changes.underWay--;
      this.#changes.done++;
    }
  }

  /** The storage is another one than before: its counts begin anew. */
  reset(): void {
    const { delivered, dropped, lost } = this.#ledger;
    const before = (amount: Amount): Amount => ({ points: -amount.points, requests: -amount.requests });
    this.#base = { delivered: before(delivered), dropped: before(minus(dropped, lost)) };
    this.comparison.reset();
  }

  /**
   * Takes over the totals of the storage, as they are or as they were `seen` just now. While this process is changing it
   * they would be off by that: then only with `anyway`.
   */
  async refresh(anyway: boolean, seen?: Seen): Promise<StorageCounts> {
    let counts: StorageCounts;
    let quiet = false;
    for (let tries = 1; ; tries++) {
      const known = tries === 1 ? seen : undefined;
      const changes = known?.changes ?? this.#changes.done;
      counts = known?.counts ?? (await this.#store.status());
      quiet = changes === this.#changes.done && this.#changes.underWay === 0;
      if (quiet || anyway) break;
      if (tries === TRIES) return counts;
    }
    this.#take(counts, quiet);
    return counts;
  }

  #take(counts: StorageCounts, quiet: boolean): void {
    // A change that took place although it was said to have failed was counted twice: in quiet the storage is right.
    const atLeast = (amount: Amount, bound: Amount): Amount => (quiet ? amount : greatest(amount, bound));
    const ledger = this.#ledger;
    const { total } = this.#own;
    const foreign = greatest(minus(counts.waiting, total), { points: 0, requests: 0 });
    add(ledger.waiting, minus(foreign, ledger.foreign));
    Object.assign(ledger.foreign, foreign);
    Object.assign(ledger.delivered, atLeast(minus(counts.delivered, this.#base.delivered), ledger.delivered));
    Object.assign(ledger.quarantined, counts.quarantined);
    const dropped = minus(counts.dropped, this.#base.dropped);
    add(dropped, ledger.lost);
    Object.assign(ledger.dropped, atLeast(dropped, ledger.dropped));
    const foreignBlobs = Math.max(0, counts.blobBytes - total.blobBytes);
    ledger.blobBytes += foreignBlobs - ledger.foreignBlobs;
    ledger.foreignBlobs = foreignBlobs;
    ledger.bytes = counts.bytes;
  }

  /**
   * Puts a quarantined chunk back at the end of the order, and gives its new place; undefined when it is not there. From
   * then on it counts as put here, whoever logged it: who asks for it waits for it.
   */
  async release(chunk: QuarantinedChunk, keys: KeyCounts): Promise<number | undefined> {
    await this.#countQuarantined();
    return this.during(async () => {
      const order = await this.#store.release(chunk.order, keys);
      if (order === undefined) return undefined;
      const ledger = this.#ledger;
      const { run } = chunk;
      const amount = amountOf(chunk);
      add(ledger.quarantined, amount, -1);
      add(ledger.waiting, amount);
      ledger.blobBytes += roomOf(chunk);
      const known = ledger.find(run);
      add(ledger.run(run).waiting, amount);
      // Of a run of another process: here nobody will say that it is over.
      if (!known) ledger.run(run).ended = true;
      this.#own.put(chunk, { stored: true, order, count: chunk.count });
      return order;
    });
  }

  /** Forgets a quarantined chunk; false when it is not there. */
  async discard(chunk: QuarantinedChunk, keys: KeyCounts): Promise<boolean> {
    await this.#countQuarantined();
    return this.during(async () => {
      if (!(await this.#store.discard(chunk.order, keys))) return false;
      add(this.#ledger.quarantined, amountOf(chunk), -1);
      add(this.#ledger.dropped, amountOf(chunk));
      return true;
    });
  }

  /** What others set aside was not counted here before. */
  async #countQuarantined(): Promise<void> {
    Object.assign(this.#ledger.quarantined, (await this.#store.status()).quarantined);
  }

  #append(...[writer, given, ...rest]: Parameters<QueueStore["append"]>): ReturnType<QueueStore["append"]> {
    return this.during(async () => {
      const drafts = await this.#openings.before(given);
      const changes = this.#changes.done;
      const results = await this.#store.append(writer, drafts, ...rest);
      this.#openings.after(drafts);
      for (const [n, result] of results.entries()) {
        const points = this.#own.put(drafts[n]!, result);
        if (points > 0) this.#ledger.leave(drafts[n]!.run, { points, requests: 0 }, 0);
      }
      const { counted } = this.#store;
      // As in `refresh`: while something else is changed here, figures of several moments would meet.
      this.isCounted = counted !== undefined && changes === this.#changes.done && this.#changes.underWay === 1;
      if (counted && this.isCounted) {
        this.#take(counted, true);
        this.counted++;
      }
      return results;
    });
  }
}

function minus(from: Amount, amount: Amount): { points: number; requests: number } {
  return { points: from.points - amount.points, requests: from.requests - amount.requests };
}

/** Not less than a bound. */
function greatest(amount: Amount, bound: Amount): Amount {
  return { points: Math.max(amount.points, bound.points), requests: Math.max(amount.requests, bound.requests) };
}
