const text = new TextEncoder();
const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/**
 * FNV-1a with 64 bits over the UTF-8 bytes of `value`, as 16 hex digits: the same everywhere and for ever, at once and
 * without `crypto.subtle`, which pages without https lack. Not against somebody who seeks collisions.
 */
export function fnv64(value: string): string {
  let hash = OFFSET;
  for (const byte of text.encode(value)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return hash.toString(16).padStart(16, "0");
}
