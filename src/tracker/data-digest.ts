/**
 * 64 bits that tell one content from another, as 16 hex digits: the same at every runtime and for ever, in one pass, and
 * without `crypto.subtle`, which pages without https lack. Not against somebody who seeks collisions.
 */
export class DataDigest {
  #a = 0xdeadbeef | 0;
  #b = 0x41c6ce57;

  /** Takes bytes. */
  bytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) this.#unit(bytes[at]!);
  }

  /** Takes a text, and that it ends here. */
  text(text: string): void {
    for (let at = 0; at < text.length; at++) this.#unit(text.charCodeAt(at));
    this.#unit(0x1f_0000 + text.length);
  }

  toString(): string {
    const a = mix(this.#a) ^ mix(this.#b + 1);
    const b = mix(this.#b) ^ mix(a + 1);
    return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #unit(unit: number): void {
    this.#a = Math.imul(this.#a ^ unit, 0x9e3779b1);
    this.#b = Math.imul(this.#b ^ unit ^ (this.#a >>> 15), 0x5f356495);
  }
}

function mix(half: number): number {
  const first = Math.imul(half ^ (half >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}
