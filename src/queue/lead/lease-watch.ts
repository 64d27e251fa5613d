import type { Lease } from "./lease.ts";

/**
 * Counts for how long the lease did not change. A pause of one's own counts for little: then the leader had no chance to
 * be seen either, as on a computer that was asleep.
 */
export class LeaseWatch {
  /** Milliseconds after which a leader counts as gone. */
  readonly #lease: number;
  /** The lease as it was seen last, and when that was looked at. */
  #seen: Lease | undefined;
  #lookedAt = 0;
  /** Milliseconds for which it was the same. */
  still = 0;

  constructor(lease: number) {
    this.#lease = lease;
  }

  /** Notes the lease as it is now, by the monotonic clock. */
  look(lease: Lease, now: number): void {
    const same = this.#seen?.term === lease.term && this.#seen.beat === lease.beat;
    this.still = same ? this.still + Math.min(now - this.#lookedAt, this.#lease / 4) : 0;
    this.#seen = lease;
    this.#lookedAt = now;
  }
}
