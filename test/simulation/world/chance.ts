import { seededRandom } from "../../support/seeded-random.ts";

/** Chance that repeats itself from a seed. Each part of a world has its own, so that one does not shift the others. */
export class Chance {
  readonly #next: () => number;
  /** Numbers that were drawn. */
  drawn = 0;

  constructor(seed: number, part: string) {
    let mixed = seed ^ 0x9e3779b9;
    for (const letter of part) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x85ebca6b) ^ (mixed >>> 13);
    const { fraction } = seededRandom(mixed);
    fraction();
    this.#next = fraction;
  }

  /** In [0, 1). */
  fraction(): number {
    this.drawn++;
    return this.#next();
  }

  /** True with a probability. */
  may(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.fraction() * list.length)]!;
  }

  /** One of a list by weight. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.fraction() * list.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of list) {
      left -= weight;
      if (left < 0) return value;
    }
    return list.at(-1)![1];
  }
}
