import type { Clock } from "../runtime/ports/clock.ts";
import type { Random } from "../runtime/ports/random.ts";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * Makes ids of runs: 128 bits (48 of time in ms, 80 of chance) as 26 letters that sort by time, like a ULID. Of another
 * length than MLflow's 32 hex digits, so that the two are never taken for each other.
 */
export function localIds(clock: Clock, random: Random): () => string {
  let last = 0n;
  return () => {
    let id = BigInt(Math.max(0, clock.now()));
    for (const byte of random.bytes(10)) id = (id << 8n) | BigInt(byte);
    // Two in one millisecond, or after the clock went back: still in order.
    if (id <= last && id >> 80n <= last >> 80n) id = last + 1n;
    last = id;
    let text = "";
    for (let n = 0; n < 26; n++, id >>= 5n) text = alphabet[Number(id & 31n)] + text;
    return text;
  };
}

/** True for an id in MLflow's form, as opposed to ours. */
export function isServerId(id: string): boolean {
  return !/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(id);
}
