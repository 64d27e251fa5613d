import { platformClock } from "../../src/runtime/platform-clock.ts";
import type { Clock } from "../../src/runtime/ports/clock.ts";

/**
 * The platform's clock, `factor` times as fast: pauses of seconds are over in milliseconds, and yet what goes over
 * sockets takes part in it. For time-outs of what the machine has to do, multiply.
 */
export function hastyClock(factor: number): Clock {
  const [wall, origin] = [platformClock.now(), platformClock.monotonic()];
  const monotonic = (): number => (platformClock.monotonic() - origin) * factor;
  return {
    now: () => Math.floor(wall + monotonic()),
    monotonic,
    after: (ms, callback) => platformClock.after(ms / factor, callback),
  };
}
