import type { Locks } from "../../runtime/ports/locks.ts";
import type { QueueStore } from "../storage.ts";

const LOCK = "leader";

/** What the lock needs. */
export interface LeaderLockParts {
  readonly store: Pick<QueueStore, "locks">;
  /** False when it is let go of at once, should it come now. */
  readonly wanted: () => boolean;
  /** What was asked for came, or never will. */
  readonly onChange: () => void;
  /** Somebody took it away. */
  readonly onStolen: () => void;
}

/** The lock of the platform that a leader holds where there is one. */
export class LeaderLock {
  readonly #parts: LeaderLockParts;
  /** Lets go of it. */
  #unlock: (() => void) | undefined;
  /** Ends waiting for it. */
  #asking: AbortController | undefined;
  #broken = false;
  /** Monotonic time before which it is not asked for. */
  #askAfter = 0;
  /** A term began with this lock. */
  used = false;

  constructor(parts: LeaderLockParts) {
    this.#parts = parts;
  }

  /** It is held by this one. */
  get held(): boolean {
    return this.#unlock !== undefined;
  }

  /** False where the lease alone decides. */
  get exists(): boolean {
    return this.#locks !== undefined;
  }

  get #locks(): Locks | undefined {
    return this.#broken ? undefined : this.#parts.store.locks;
  }

  /** Asks for it, unless that is done already; where the platform says when it is free, that may take hours. */
  ask(now: number): void {
    const locks = this.#locks;
    if (!locks || this.#asking || now < this.#askAfter) return;
    const asking = new AbortController();
    this.#asking = asking;
    const over = (): void => {
      if (this.#asking === asking) this.#asking = undefined;
    };
    locks.acquire(LOCK, { wait: asking.signal, onLost: () => this.#stolen() }).then(
      (unlock) => {
        over();
        if (!unlock) return;
        if (asking.signal.aborted || !this.#parts.wanted()) unlock();
        else {
          this.#take(unlock);
          this.#parts.onChange();
        }
      },
      () => {
        over();
        if (asking.signal.aborted) return;
        // No lock can be had here, whoever leads: then the lease alone decides.
        this.#broken = true;
        this.#parts.onChange();
      },
    );
  }

  /** Takes it away from whoever has it; false where that is not possible. */
  async steal(): Promise<boolean> {
    this.#asking?.abort();
    const unlock = await this.#locks?.acquire(LOCK, { steal: true, onLost: () => this.#stolen() }).catch(() => {
      this.#broken = true;
    });
    if (unlock) this.#take(unlock);
    return Boolean(unlock);
  }

  /** Does not wait for it any more. */
  cancel(): void {
    this.#asking?.abort();
    this.#asking = undefined;
  }

  /** Lets go of it, and does not ask again before a monotonic time. */
  release(askAfter: number = this.#askAfter): void {
    this.#unlock?.();
    this.#unlock = undefined;
    this.#askAfter = askAfter;
  }

  #take(unlock: () => void): void {
    this.#unlock?.();
    this.#unlock = unlock;
    this.used = false;
  }

  #stolen(): void {
    this.#unlock = undefined;
    this.#parts.onStolen();
  }
}
