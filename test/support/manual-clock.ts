import type { Clock, Timer } from "../../src/runtime/ports/clock.ts";

/**
 * One turn of the event loop. Browsers hold nested timers back by 4 ms each, and that is needed: bodies and Blobs are
 * read outside the thread, so that turns by messages pass faster than they arrive.
 */
const turn: () => Promise<void> =
  typeof setImmediate === "function"
    ? () => new Promise((resolve) => setImmediate(resolve))
    : () => new Promise((resolve) => setTimeout(resolve, 0));

/** Lets promises that need no clock settle: microtasks, and `turns` rounds of the event loop for bodies and streams. */
export async function settle(turns = 4): Promise<void> {
  for (let n = 0; n < turns; n++) await turn();
}

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #wall: number;
  #mono = 0;
  #order = 0;
  #held = 0;
  /** Timers that fired since time passed last. */
  #still = 0;
  #timers: { at: number; order: number; callback: () => void }[] = [];

  /** `start` is the wall time in milliseconds since 1970. */
  constructor(start = 1_700_000_000_000) {
    this.#wall = start;
  }

  now(): number {
    return Math.floor(this.#wall + this.#mono);
  }

  monotonic(): number {
    return this.#mono;
  }

  after(ms: number, callback: () => void): Timer {
    const timer = { at: this.#mono + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves the wall time only, as an adjusted system clock does. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /**
   * Time stands still until `work` is done, on a machine however slow: for what needs no clock itself, such as an answer of
   * a server in the same process. Not without an end, in case it does.
   */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work;
    } finally {
      this.#held--;
    }
  }

  /** Lets `ms` pass: fires what is due in order, and lets promises settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await this.#settle();
    while (this.#fire(end)) await this.#settle();
    this.#mono = end;
    await settle();
  }

  /**
   * Lets time pass, timer by timer, until `promise` settles, and gives its result.
   * Fails after `limit` ms of this clock, or when nothing is left that could settle it.
   */
  async until<T>(promise: Promise<T>, limit = 86_400_000): Promise<T> {
    let done = false;
    const end = this.#mono + limit;
    const mark = (): void => {
      done = true;
    };
    promise.then(mark, mark);
    for (let idle = 0; ; ) {
      await this.#settle();
      if (done) return promise;
      if (this.#fire(end)) idle = 0;
      else if (++idle > 500) throw new Error(`Cannot wait for a promise as nothing settles it within ${limit} ms`);
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #settle(): Promise<void> {
    await settle();
    for (let turns = 0; this.#held > 0 && turns < 1_000; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.#held === 0) await settle();
    }
  }

  #fire(end: number): boolean {
    let next = this.#timers[0];
    for (const timer of this.#timers) {
      if (timer.at < next!.at || (timer.at === next!.at && timer.order < next!.order)) next = timer;
    }
    if (next === undefined || next.at > end) return false;
    this.#timers = this.#timers.filter((other) => other !== next);
    this.#still = next.at > this.#mono ? 0 : this.#still + 1;
    if (this.#still > 10_000) throw new Error("Cannot go on as timers fire over and over without time passing");
    this.#mono = Math.max(this.#mono, next.at);
    next.callback();
    return true;
  }
}
