import type { CallOptions } from "../../client/types/connection.ts";
import type { Clock, Timer } from "../../runtime/ports/clock.ts";

/** What patience depends on. */
export interface PatienceParts {
  readonly clock: Clock;
  /** Milliseconds of silence after which it is over. */
  readonly limit: number;
  /** Somebody in this process waits for what is sent. */
  readonly waited: () => boolean;
}

/**
 * Gives up a request that nobody waits for when for a while nothing was logged and nothing was answered: the program may
 * be at its end, and would not end before the request does. The chunk is sent again as after any time-out. That happens
 * once: a server that is only slow, below a program that goes on, is given all of the request time-out from then on.
 */
export class Patience {
  readonly #parts: PatienceParts;
  #abort = new AbortController();
  #timer: Timer | undefined;
  #since = 0;
  #spent = false;
  #requests = 0;

  constructor(parts: PatienceParts) {
    this.#parts = parts;
  }

  /** Something was logged. */
  renew(): void {
    this.#since = this.#parts.clock.monotonic();
    this.#spent = false;
    if (this.#requests > 0) this.#timer ??= this.#wait(this.#parts.limit);
  }

  /** Options with a signal that also aborts when patience is over. */
  limit<O extends CallOptions>(options: O): O {
    const own = this.#abort.signal;
    return { ...options, signal: options.signal ? AbortSignal.any([options.signal, own]) : own };
  }

  /** A request begins; call what it gives when it is over. */
  begin(): () => void {
    this.#requests++;
    if (this.#requests === 1) this.#since = Math.max(this.#since, this.#parts.clock.monotonic());
    this.#timer ??= this.#wait(this.#parts.limit);
    return () => {
      this.#since = this.#parts.clock.monotonic();
      if (--this.#requests > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #wait(ms: number): Timer {
    return this.#parts.clock.after(ms, () => {
      const { clock, limit, waited } = this.#parts;
      if (waited()) this.renew();
      const left = this.#since + limit - clock.monotonic();
      this.#timer = this.#spent || left <= 0 ? undefined : this.#wait(Math.ceil(left));
      if (this.#timer || this.#spent) return;
      this.#spent = true;
      const gone = this.#abort;
      this.#abort = new AbortController();
      gone.abort(new DOMException(`no answer came within ${limit} ms, and nobody waited for it`, "AbortError"));
    });
  }
}
