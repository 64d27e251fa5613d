import type { Problems } from "../problems.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import type { Problem } from "../types.ts";

const PAGE = 64;
/** Pages of what is set aside that are read at one look. */
const PAGES = 4;
/** Chunks whose place is remembered. */
const MOST = 1_000;

/** What says which problem it was. */
type Told = Pick<Problem, "kind" | "run" | "key">;

/** A reading of what is set aside, and which of what was told before it is not found yet. */
interface Reading {
  at: number;
  readonly amount: string;
  readonly missing: Set<number>;
}

/** What a person was told that it was set aside: taken back when it is there no more, whoever took it out. */
export class ToldAside {
  readonly #problems: Pick<Problems, "report" | "solve">;
  /** By place. */
  readonly #told = new Map<number, Told>();
  /** What was set aside in all when that was looked through last. */
  #seen = "";
  #reading: Reading | undefined;

  constructor(problems: Pick<Problems, "report" | "solve">) {
    this.#problems = problems;
  }

  /** True for a place of which nothing was told, while there is room to remember one more. */
  lacks(order: number): boolean {
    return this.#told.size < MOST && !this.#told.has(order);
  }

  /** Tells what was set aside, and lies at a place. */
  tell(order: number, problem: Problem): void {
    const { kind, run, key } = problem;
    if (this.lacks(order)) this.#told.set(order, { kind, run, key } as Told);
    // What the counts say may be of something else that was taken out meanwhile.
    this.#seen = "";
    this.#problems.report(problem);
  }

  /** The storage is another one than before: what was set aside there is not to be had any more. */
  reset(): void {
    this.#reading = undefined;
    this.#takeBack(this.#told.keys());
  }

  /** Looks once, some pages at a time, where the counts say that something was taken out or came. */
  async look(
    store: Pick<QueueStore, "quarantined">,
    { quarantined }: Pick<StorageCounts, "quarantined">,
  ): Promise<void> {
    const amount = JSON.stringify(quarantined);
    if (this.#told.size === 0 || (amount === this.#seen && !this.#reading)) return;
    const missing = new Set(this.#told.keys());
    // A chunk, or a part of one, lies above the whole number before its place.
    this.#reading ??= { at: Math.floor(Math.min(...missing)) - 1, amount, missing };
    const reading = this.#reading;
    for (let pages = 0; pages < PAGES; pages++) {
      const page = await store.quarantined(reading.at, PAGE);
      if (reading !== this.#reading) return;
      for (const { order } of page) {
        reading.missing.delete(order);
        reading.at = order;
      }
      if (page.length === PAGE && reading.missing.size > 0) continue;
      this.#reading = undefined;
      this.#seen = reading.amount;
      this.#takeBack(reading.missing);
      return;
    }
  }

  #takeBack(places: Iterable<number>): void {
    const over = new Map<string, Told>();
    for (const place of places) {
      const problem = this.#told.get(place);
      if (problem) over.set(nameOf(problem), problem);
      this.#told.delete(place);
    }
    // Something else may be told in the same words.
    for (const problem of this.#told.values()) over.delete(nameOf(problem));
    for (const { kind, run, key = "" } of over.values()) this.#problems.solve(kind, run, key);
  }
}

function nameOf({ run, key }: Told): string {
  return JSON.stringify([run, key]);
}
