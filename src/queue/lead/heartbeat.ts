import type { Clock } from "../../runtime/ports/clock.ts";

/** Two clocks, of which one may stand while the process sleeps and the other jump. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** When a leader gave its last sign of life. */
export class Heartbeat {
  readonly #clock: Clock;
  last: Moment;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.last = this.now();
  }

  /** Milliseconds since the last beat, by the clock that says more. */
  silence(): number {
    const { monotonic, wall } = this.now();
    return Math.max(monotonic - this.last.monotonic, wall - this.last.wall);
  }

  now(): Moment {
    return { monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
  }
}
