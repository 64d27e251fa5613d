/** Points that tails of a writer held when it last put them again, by sequence. */
export type Tails = readonly (readonly [sequence: number, count: number])[];

/**
 * Remembers, from one append of a writer to the next, what its tails held: whether the leader delivered a tail before
 * or after a put whose end the writer was not told of, nobody else knows.
 */
export class TailMemory {
  readonly #before: ReadonlyMap<number, number>;
  readonly #now = new Map<number, number>();

  constructor(before: Tails | undefined) {
    this.#before = new Map(before);
  }

  /** Notes a put of a chunk that was put before; `count` is what the storage has of it, undefined when it is gone. Gives what it held last. */
  put(sequence: number, count: number | undefined): number | undefined {
    const held = count ?? this.#before.get(sequence);
    if (held !== undefined) this.#now.set(sequence, held);
    return held;
  }

  /** What to keep for the next append; undefined when there is nothing. */
  get tails(): Tails | undefined {
    return this.#now.size > 0 ? [...this.#now] : undefined;
  }
}
