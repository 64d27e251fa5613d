import type { Delivery } from "./delivery.ts";
import type { LoopParts } from "./loop-parts.ts";
import { makeRoom } from "./make-room.ts";
import type { Scheduler } from "./scheduler.ts";

/** Keeps what a storage holds within its bounds, and finds out what left it without being counted. */
export class Bounds {
  readonly #parts: LoopParts;
  readonly #view: Scheduler;
  /** The storage may be too full. */
  grown = false;
  /** What was put here may have been settled without being counted: by another leader, or by a storage that failed then. */
  doubtful = false;
  /** The storage is too full, and nobody else is known to see to that. */
  crowded = false;

  constructor(parts: LoopParts, view: Scheduler) {
    this.#parts = parts;
    this.#view = view;
  }

  /** The storage has got more. `counted` says that the bytes in the ledger are those with it. */
  grew(counted: boolean): void {
    this.grown ||= !counted || this.crowded || this.#parts.ledger.bytes > this.#parts.maxBytes();
  }

  /** What has left must not be counted again, or for ever be waited for. */
  async compare(): Promise<void> {
    this.doubtful = false;
    let whole = false;
    try {
      whole = await this.#parts.books.comparison.whole();
    } finally {
      this.doubtful ||= !whole;
    }
  }

  /** Drops what is too much, as the leader; `delivery` is that of the present term. */
  async makeRoom(delivery: Delivery | undefined): Promise<void> {
    this.grown = false;
    const limit = this.#parts.maxBytes();
    const { store, ledger } = this.#parts;
    const term = this.#parts.term();
    if (term === 0) {
      // Only who leads may drop what is stored; who does not send leads for that alone.
      ledger.bytes = (await store.status()).bytes;
      this.crowded = ledger.bytes > limit;
    } else {
      const { reserved } = this.#view;
      await delivery!.ready();
      await this.#parts.books
        .during(() =>
          makeRoom({
            ...this.#parts,
            whenFull: this.#parts.settings.whenFull,
            term,
            limit,
            bound: this.#parts.durable ? "maxStoredBytes" : "maxMemoryBytes",
            reserve: (chunk) =>
              !this.#view.touched(chunk) && !delivery!.maySent(chunk.order) && Boolean(reserved.add(chunk.order)),
            release: (order) => reserved.delete(order),
          }),
        )
        .catch((error: unknown) => {
          // What it dropped last may be gone, and not counted as that.
          this.doubtful = true;
          throw error;
        });
      this.crowded = false;
    }
    this.#parts.onWant();
  }
}
