import type { Runtime } from "../runtime/runtime.ts";

/** How long to wait. */
export interface WaitLimits {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Those who wait for the state of the queue. */
export class Waiters {
  readonly #runtime: Pick<Runtime, "clock" | "lifecycle">;
  readonly #waiting = new Set<() => void>();

  constructor(runtime: Pick<Runtime, "clock" | "lifecycle">) {
    this.#runtime = runtime;
  }

  /** Somebody waits. */
  get some(): boolean {
    return this.#waiting.size > 0;
  }

  /** Looks again whether what is waited for is so. */
  check(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when a promise has settled, or after the time-out. */
  settled(promise: Promise<unknown>, limits: WaitLimits): Promise<void> {
    let over = false;
    const end = (): void => {
      over = true;
      this.check();
    };
    promise.then(end, end);
    return this.until(() => over, limits);
  }

  /** Resolves when `done` gives true, after the time-out, or when the signal aborts; keeps the process alive until then. */
  until(done: () => boolean, { timeout, signal }: WaitLimits = {}): Promise<void> {
    if (done() || signal?.aborted) return Promise.resolve();
    const { clock, lifecycle } = this.#runtime;
    const release = lifecycle.keepAlive();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(look);
        timer?.cancel();
        signal?.removeEventListener("abort", end);
        release();
        resolve();
      };
      const look = (): void => {
        if (done()) end();
      };
      const timer = timeout === undefined ? undefined : clock.after(timeout, end);
      signal?.addEventListener("abort", end);
      this.#waiting.add(look);
    });
  }
}
