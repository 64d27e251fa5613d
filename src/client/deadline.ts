import type { Clock } from "../runtime/ports/clock.ts";
import { untilRead } from "./until-read.ts";

/** What bounds a piece of work. */
export interface Deadline {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
  /** What the work is rejected with when the time is over. */
  readonly expired: () => Error;
  /** True when a `Response` is still to be read after it was given: until then `signal` goes on to cancel it. */
  readonly streams: boolean;
}

/**
 * Runs `work` until it ends, the time is over or the signal aborts, whichever comes first, also when `work` does not
 * listen to the signal it is given (an in-process fetch handler need not).
 */
export function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, ms, signal, expired, streams } = deadline;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const stop = (reason: unknown): void => {
      controller.abort(reason);
      reject(reason);
    };
    const abort = (): void => stop(signal?.reason);
    const timer = clock.after(ms, () => stop(expired()));
    const detach = (): void => signal?.removeEventListener("abort", abort);
    signal?.addEventListener("abort", abort, { once: true });
    work(controller.signal)
      .then(
        (result) => {
          if (!streams) detach();
          const unread = streams && signal !== undefined && result instanceof Response;
          resolve(unread ? (untilRead(result, controller.signal, detach) as typeof result) : result);
        },
        (error: unknown) => {
          detach();
          reject(error);
        },
      )
      .finally(() => timer.cancel());
  });
}

/** Waits, unless the signal aborts first. */
export function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}
