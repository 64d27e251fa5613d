import type { CallOptions } from "../../client/types/connection.ts";
import type { Clock, Timer } from "../../runtime/ports/clock.ts";

/** Milliseconds without a request that took longer than `limit`, after which the server counts as quick again. */
const QUICK = 3_600_000;

/** What patience depends on. */
export interface PatienceParts {
  readonly clock: Clock;
  /** Milliseconds of silence after which it is over, at first; each time that it was is followed by twice as many. */
  readonly limit: number;
  /** Somebody in this process waits for what is sent. */
  readonly waited: () => boolean;
}

/**
 * Gives up a request that nobody waits for when for a while nothing was logged and nothing was answered: the program may
 * be at its end, and would not end before the request does. The chunk is sent again as after any time-out. Where nothing is
 * logged that happens once: a server that is only slow, below a program that goes on, is given all of the request time-out
 * from then on. What is logged meanwhile says that the program went on, so the next silence has to be twice as long: a
 * server gets all the time that it needs after a few requests in vain, however seldom something is logged.
 */
export class Patience {
  readonly #parts: PatienceParts;
  #abort = new AbortController();
  #timer: Timer | undefined;
  #since = 0;
  #spent = false;
  #requests = 0;
  #limit: number;
  /** When a request last took longer than patience is at first. */
  #slowAt = 0;

  constructor(parts: PatienceParts) {
    this.#parts = parts;
    this.#limit = parts.limit;
  }

  /** Something was logged. */
  renew(): void {
    this.#since = this.#parts.clock.monotonic();
    this.#spent = false;
    if (this.#requests > 0) this.#timer ??= this.#wait(this.#limit);
  }

  /** Options with a signal that also aborts when patience is over. */
  limit<O extends CallOptions>(options: O): O {
    const own = this.#abort.signal;
    return { ...options, signal: options.signal ? AbortSignal.any([options.signal, own]) : own };
  }

  /** A request begins; call what it gives when it is over. */
  begin(): () => void {
    const { clock, limit } = this.#parts;
    const began = clock.monotonic();
    this.#requests++;
    if (this.#requests === 1) this.#since = Math.max(this.#since, began);
    if (began - this.#slowAt > QUICK) this.#limit = limit;
    this.#timer ??= this.#wait(this.#limit);
    return () => {
      this.#since = clock.monotonic();
      if (this.#since - began >= limit) this.#slowAt = this.#since;
      if (--this.#requests > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #wait(after: number): Timer {
    return this.#parts.clock.after(after, () => {
      const { clock, waited } = this.#parts;
      if (waited()) this.renew();
      const ms = this.#limit;
      const left = this.#since + ms - clock.monotonic();
      this.#timer = this.#spent || left <= 0 ? undefined : this.#wait(Math.ceil(left));
      if (this.#timer || this.#spent) return;
      this.#spent = true;
      this.#limit *= 2;
      this.#slowAt = clock.monotonic();
      const gone = this.#abort;
      this.#abort = new AbortController();
      gone.abort(new DOMException(`no answer came within ${ms} ms, and nobody waited for it`, "AbortError"));
    });
  }
}
