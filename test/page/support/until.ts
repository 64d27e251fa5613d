import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until the answer is not undefined or false. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeout = 90_000,
): Promise<T> {
  for (const end = performance.now() + timeout; ; ) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`Waited ${timeout} ms in vain until ${what}`);
    await pause(20);
  }
}
