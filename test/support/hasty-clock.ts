import { platformClock } from "../../src/runtime/platform-clock.ts";
import type { Clock } from "../../src/runtime/ports/clock.ts";

/** A clock that goes faster than real, and can be put forward. */
export interface HastyClock extends Clock {
  /** Has so many ms pass at once. Timers that run take as long as they would have. */
  leap(ms: number): void;
}

/**
 * The platform's clock, `factor` times as fast: pauses of seconds are over in milliseconds, and yet what goes over
 * sockets takes part in it. For time-outs of what the machine has to do, multiply.
 */
export function hastyClock(factor: number): HastyClock {
  const [wall, origin] = [platformClock.now(), platformClock.monotonic()];
  let leapt = 0;
  const monotonic = (): number => (platformClock.monotonic() - origin) * factor + leapt;
  return {
    now: () => Math.floor(wall + monotonic()),
    monotonic,
    leap(ms) {
      leapt += ms;
    },
    after: (ms, callback) => platformClock.after(ms / factor, callback),
  };
}
