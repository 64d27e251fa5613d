import type { Clock } from "./ports/clock.ts";

/** Timers of every platform overflow at 2^31 ms and would fire at once. */
const longest = 2 ** 31 - 1;

/** The platform's own time. Its timers never keep a process alive. */
export const platformClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    let handle: ReturnType<typeof setTimeout> | undefined;
    const arm = (left: number): void => {
      const step = Math.min(Math.max(0, left), longest);
      handle = setTimeout(() => (left > step ? arm(left - step) : callback()), step);
      // Node, Deno and Bun give an object here, browsers and workerd a number.
      (handle as { unref?: () => void }).unref?.();
    };
    arm(ms);
    return { cancel: () => clearTimeout(handle) };
  },
};
