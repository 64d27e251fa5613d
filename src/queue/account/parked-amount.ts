import { add, amountOf, type Count } from "../amount.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import type { Amount } from "../types.ts";

const PAGE = 64;

/** How far one parked run was counted. */
interface Counted {
  at: number;
  readonly sum: Count;
  /** A chunk that may still grow was met: what comes from there on is counted again. */
  grows: boolean;
}

/** Counts what waits of parked runs and was not logged here. Each place is read about once for each that is parked. */
export class ParkedAmount {
  readonly #store: Pick<QueueStore, "heads">;
  /** True for a chunk that was logged here, which the ledger knows better. */
  readonly #isOwn: (chunk: ChunkHeader) => boolean;
  #runs = new Map<string, Counted>();
  #last: Promise<void> = Promise.resolve();
  /** Counts on their way. */
  #counting = 0;
  #dropped = 0;
  /** What the storage counted, and who was parked, when all was read last. */
  #seen = "";
  /** As counted last. */
  amount: Amount = { points: 0, requests: 0 };

  constructor(store: Pick<QueueStore, "heads">, isOwn: (chunk: ChunkHeader) => boolean) {
    this.#store = store;
    this.#isOwn = isOwn;
  }

  /** What was counted may be another one by now. */
  reset(): void {
    this.#runs = new Map();
    this.#seen = "";
  }

  /**
   * Counts what came since, where the counts of the storage say that something did; all of it anew when something was
   * dropped, which may have been a part of it.
   */
  async count(parked: readonly string[], dropped: Amount, counts: StorageCounts): Promise<void> {
    // Mostly no run is parked, and this is asked every second.
    if (parked.length + this.amount.points + this.amount.requests === 0 && this.#counting === 0) {
      if (dropped.points !== this.#dropped) this.reset();
      this.#dropped = dropped.points;
      return;
    }
    this.#counting++;
    const counted = this.#last.then(() => this.#count(parked, dropped, counts));
    this.#last = counted.then(
      () => void this.#counting--,
      () => void this.#counting--,
    );
    await counted;
  }

  async #count(parked: readonly string[], { points }: Amount, counts: StorageCounts): Promise<void> {
    if (points !== this.#dropped) this.reset();
    this.#dropped = points;
    if (parked.length + this.amount.points + this.amount.requests === 0) return;
    const seen = JSON.stringify([counts, parked]);
    if (seen === this.#seen) return;
    const fresh = (): Counted => ({ at: 0, sum: { points: 0, requests: 0 }, grows: false });
    const runs = new Map(parked.map((id) => [id, this.#runs.get(id) ?? fresh()]));
    this.#runs = runs;
    const amount: Count = { points: 0, requests: 0 };
    if (runs.size > 0) add(amount, await this.#read(runs));
    for (const { sum } of runs.values()) add(amount, sum);
    this.amount = amount;
    this.#seen = seen;
  }

  /** Gives what is counted again the next time. */
  async #read(runs: ReadonlyMap<string, Counted>): Promise<Amount> {
    const rest: Count = { points: 0, requests: 0 };
    let at = Number.POSITIVE_INFINITY;
    for (const run of runs.values()) {
      run.grows = false;
      at = Math.min(at, run.at);
    }
    for (let isLast = false; !isLast; ) {
      const page = await this.#store.heads(at, PAGE);
      isLast = page.length < PAGE;
      for (const header of page) {
        at = header.order;
        const run = runs.get(header.run);
        if (!run || at <= run.at || this.#isOwn(header)) continue;
        run.grows ||= !header.sealed;
        add(run.grows ? rest : run.sum, amountOf(header));
        if (!run.grows) run.at = at;
      }
      for (const run of runs.values()) if (!run.grows) run.at = Math.max(run.at, at);
    }
    return rest;
  }
}
