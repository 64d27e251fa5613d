const HALF = 1e8;

/** Writes JSON of numbers into bytes that it keeps, so that no text is made on the way. */
export class DigitWriter {
  #bytes = new Uint8Array(4_096);
  #at = 0;

  /** Begins anew with these bytes. */
  begin(bytes: Uint8Array): void {
    this.#at = 0;
    this.reserve(bytes.length);
    this.bytes(bytes);
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const longer = new Uint8Array(2 * (this.#at + count));
    longer.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = longer;
  }

  /** Writes bytes that there is room for. */
  bytes(bytes: Uint8Array): void {
    // A loop, as most are a few: `set` takes longer to begin.
    const { length } = bytes;
    for (let n = 0; n < length; n++) this.#bytes[this.#at + n] = bytes[n]!;
    this.#at += length;
  }

  /** Writes a value; JSON has no word for NaN and infinities, MLflow reads these. */
  number(value: number): void {
    if (Number.isSafeInteger(value)) this.integer(value);
    else this.#ascii(Number.isFinite(value) ? String(value) : `"${value}"`);
  }

  /** Writes a safe integer. */
  integer(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#at++] = 45;
      rest = -rest;
    }
    // In two parts that are small integers: divisions of doubles are slow.
    const high = Math.floor(rest / HALF);
    const low = rest - high * HALF;
    if (high > 0) {
      this.#digits(high, countOf(high));
      this.#digits(low, 8);
    } else this.#digits(low, countOf(low));
  }

  /** A copy of what was written. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #digits(value: number, count: number): void {
    let rest = value | 0;
    for (let at = this.#at + count - 1; at >= this.#at; at--) {
      const tenth = (rest / 10) | 0;
      this.#bytes[at] = 48 + rest - 10 * tenth;
      rest = tenth;
    }
    this.#at += count;
  }

  #ascii(text: string): void {
    const { length } = text;
    for (let n = 0; n < length; n++) this.#bytes[this.#at + n] = text.charCodeAt(n);
    this.#at += length;
  }
}

function countOf(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count++;
  return count;
}
