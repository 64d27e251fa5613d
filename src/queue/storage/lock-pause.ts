/** Milliseconds for which nothing is asked of a file after its lock was met for the first time, and at most. */
const FIRST = 50;
const LONGEST = 450;

/**
 * Keeps all who use a file from meeting the lock of another process one after the other: each time SQLite waits in the
 * thread, which is the one that trains. What is asked in a pause fails as the last one did, at once.
 */
export class LockPause {
  #ms = 0;
  #until = 0;
  #met: Error | undefined;

  /** Throws in a pause. */
  check(now: number): void {
    // A wall clock may have jumped.
    if (this.#met && now < this.#until && now >= this.#until - this.#ms) throw this.#met;
  }

  /** The lock was met. */
  begin(met: Error, now: number): void {
    this.#ms = Math.min(LONGEST, Math.max(FIRST, 2 * this.#ms));
    this.#until = now + this.#ms;
    this.#met = met;
  }

  /** The file could be used. */
  end(): void {
    this.#ms = 0;
    this.#met = undefined;
  }
}
