import type { Random } from "./ports/random.ts";

/** `getRandomValues` refuses more at once. */
const most = 65_536;

/** The platform's own randomness: Web Crypto for bytes. Nothing is drawn before it is asked for (workerd refuses that). */
export const platformRandom: Random = {
  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += most) crypto.getRandomValues(bytes.subarray(at, at + most));
    return bytes;
  },
  fraction: () => Math.random(),
};
