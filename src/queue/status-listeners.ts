import type { Clock } from "../runtime/ports/clock.ts";
import type { QueueStatus } from "./types.ts";

/** Those who are told the status of a queue. */
export class StatusListeners {
  readonly #clock: Clock;
  readonly #status: () => QueueStatus;
  readonly #listeners = new Set<(status: QueueStatus) => void>();
  /** Told in this task already, or nobody listens. */
  #told = true;

  constructor(clock: Clock, status: () => QueueStatus) {
    this.#clock = clock;
    this.#status = status;
  }

  /** Gives the way to stop listening. */
  add(listener: (status: QueueStatus) => void): () => void {
    this.#listeners.add(listener);
    this.#told = false;
    return () => this.#listeners.delete(listener);
  }

  /** Once per task, however much happened in it. */
  tell(): void {
    if (this.#told) return;
    this.#told = true;
    this.#clock.after(0, () => {
      this.#told = this.#listeners.size === 0;
      const status = this.#status();
      for (const listener of this.#listeners) listener(status);
    });
  }
}
