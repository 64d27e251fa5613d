import type { Clock } from "../runtime/ports/clock.ts";
import type { Problems } from "./problems.ts";
import type { QueueStatus } from "./types.ts";

/** Those who are told the status of a queue. */
export class StatusListeners {
  readonly #clock: Clock;
  readonly #problems: Problems;
  readonly #status: () => QueueStatus;
  readonly #listeners = new Set<(status: QueueStatus) => void>();
  /** Told in this task already, or nobody listens. */
  #told = true;

  constructor(clock: Clock, problems: Problems, status: () => QueueStatus) {
    this.#clock = clock;
    this.#problems = problems;
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
      for (const listener of this.#listeners) void this.#call(listener, status);
    });
  }

  /** What draws a queue must not end a training. */
  async #call(listener: (status: QueueStatus) => unknown, status: QueueStatus): Promise<void> {
    try {
      await listener(status);
    } catch (cause) {
      const message = `A listener of queue.subscribe() failed, and is called again: ${String(cause)}`;
      this.#problems.report({ kind: "scope", message, cause });
    }
  }
}
