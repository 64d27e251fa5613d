import type { Clock } from "../../runtime/ports/clock.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";

/** Headers that are read at once: mostly the first one waits. */
const PAGE = 8;

/** How long the oldest chunk of a storage waits that waits for no person, where this process has none of it in view. */
export class Oldest {
  readonly #store: Pick<QueueStore, "heads">;
  readonly #clock: Clock;
  /** All up to this place in the order waits for a person. */
  #after = 0;
  #parked = "";
  /** What had left the storage, and come to it, at the last look. */
  #left = "";
  #order = 0;
  /** Monotonic time of its first put. */
  #since: number | undefined;

  constructor(store: Pick<QueueStore, "heads">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Milliseconds, as of the last look; 0 when nothing waits. */
  get age(): number {
    return this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since;
  }

  /** Begins anew: it is another storage. */
  reset(): void {
    this.#after = 0;
    this.#left = "";
  }

  /** Others know better for now. */
  forget(): void {
    this.#since = undefined;
    this.#left = "";
  }

  /** Looks for it, where the storage has changed since. */
  async look(counts: StorageCounts, parkedRuns: readonly string[]): Promise<void> {
    const parked = parkedRuns.join();
    if (parked !== this.#parked) this.reset();
    this.#parked = parked;
    const { delivered, dropped, quarantined, order } = counts;
    const left = JSON.stringify([delivered, dropped, quarantined]);
    // The oldest stays it until something leaves; where there is none, until something comes.
    if (left === this.#left && (this.#since !== undefined || order === this.#order)) return;
    for (;;) {
      const page = await this.#store.heads(this.#after, PAGE);
      const first = page.find(({ run }) => !parkedRuns.includes(run));
      if (first === undefined) this.#after = page.at(-1)?.order ?? this.#after;
      if (first === undefined && page.length === PAGE) continue;
      this.#since = first && sinceOf(first.at, this.#clock.monotonic(), this.#clock.now());
      this.#left = left;
      this.#order = order;
      return;
    }
  }
}

/** The monotonic time of what was put at a wall time: from now on no adjusted clock makes it older. */
export function sinceOf(at: number, now: number, wall: number): number {
  return now - Math.max(0, wall - at);
}
