const words = new Int32Array(6);
const numbers = new Float64Array(words.buffer);
/** The two halves of the hash that was made last: in module variables they would be boxed at each step. */
const mixed = new Int32Array(2);

/** A sum of hashes over the points of one metric key: the same whatever their order, and wherever they lie. */
export class PointSum {
  low = 0;
  high = 0;

  /** A hash of one point (53 bits): equal for points that MLflow takes for one. */
  static hash(step: number, timestamp: number, value: number): number {
    mix(step, timestamp, value);
    return (mixed[1]! >>> 0) * 2 ** 21 + (mixed[0]! >>> 11);
  }

  /** Adds a point with its value as MLflow keeps it. Points that are equal are added once by the caller. */
  add(step: number, timestamp: number, value: number): void {
    mix(step, timestamp, value);
    this.addHashed();
  }

  /** Adds the point of which the hash was made last. */
  addHashed(): void {
    this.low = (this.low + mixed[0]!) | 0;
    this.high = (this.high + mixed[1]!) | 0;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return PointSum.text(this.low, this.high);
  }

  /** The same of its two halves. */
  static text(low: number, high: number): string {
    return hex(high) + hex(low);
  }
}

/** Hashes a point into `mixed`. */
function mix(step: number, timestamp: number, value: number): void {
  numbers[0] = step + 0;
  numbers[1] = timestamp + 0;
  // Infinities come back as the largest doubles, -0 as 0, and NaN has one form.
  numbers[2] = Number.isNaN(value) ? Number.NaN : Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
  let low = 0x9e3779b9 | 0;
  let high = 0x85ebca6b | 0;
  for (let n = 0; n < 6; n++) {
    const word = words[n]!;
    low = Math.imul(low ^ word, 0xcc9e2d51);
    low ^= low >>> 15;
    high = Math.imul(high ^ word ^ low, 0x1b873593);
    high ^= high >>> 13;
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b);
  mixed[0] = low ^ (low >>> 13);
  high = Math.imul(high ^ (high >>> 16), 0xc2b2ae35);
  mixed[1] = high ^ (high >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
