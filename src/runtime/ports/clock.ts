/** A pending timer. Timers never keep a process alive. */
export interface Timer {
  /** Forgets the timer; does nothing once it has fired. */
  cancel(): void;
}

/** Time, handed in: nothing outside `src/runtime` asks the platform for it. */
export interface Clock {
  /** Wall time in integer milliseconds since 1970. May jump in either direction. */
  now(): number;
  /** Milliseconds that never run backwards, from an arbitrary origin. */
  monotonic(): number;
  /** Calls `callback` once after `ms` milliseconds. */
  after(ms: number, callback: () => void): Timer;
}
