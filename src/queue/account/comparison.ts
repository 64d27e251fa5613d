import type { Amount } from "../types.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import type { OnLeft, Outstanding } from "./outstanding.ts";

const PAGE = 64;
/** Pages that are compared at one look, beside the first one. */
const PAGES = 3;
/** Times that a page is read in the hope that nothing changes meanwhile. */
const TRIES = 5;

/** Changes of a storage by this process: those of which the end is known, and those on their way. */
export interface Changes {
  done: number;
  underWay: number;
}

/** The counts of the storage, and the changes of this process before they were read. */
export interface Seen {
  readonly counts: StorageCounts;
  readonly changes: number;
}

/** What a comparison needs. */
export interface ComparisonParts {
  readonly store: QueueStore;
  /** What this process has put. */
  readonly own: Outstanding;
  readonly changes: Readonly<Changes>;
  readonly onLeft: OnLeft;
}

/** Finds, some pages at a time, what this process has put and others took out of the storage. */
export class Comparison {
  readonly #parts: ComparisonParts;
  /** Place up to which all was compared in the present round. */
  #at = 0;
  /** What had left the storage when all was compared last; pages that were read and could not be compared. */
  #compared: string;
  #unread = 0;
  /** The same at the beginning of the present round. */
  #round: { readonly left: string; readonly unread: number } | undefined;

  constructor(parts: ComparisonParts, counts: StorageCounts) {
    this.#parts = parts;
    this.#compared = leftOf(counts);
  }

  /** The storage is another one than before. */
  reset(): void {
    this.#at = 0;
    this.#compared = "";
  }

  /** Finds all that left without being counted here; false when some of it changed while it was read. */
  async whole(): Promise<boolean> {
    const unread = this.#unread;
    await this.look(true);
    return unread === this.#unread;
  }

  /** Finds the first of it, and some more; or `all`. Gives the counts where there was nothing to find. */
  async look(all: boolean): Promise<Seen | undefined> {
    const { own, store, changes } = this.#parts;
    const { first } = own;
    if (first === undefined) return undefined;
    const { done } = changes;
    const seen: Seen = { counts: await store.status(), changes: done };
    const left = leftOf(seen.counts);
    // Where nothing has left, a long backlog is not read again.
    if (left === this.#compared && own.isWithin(seen.counts.waiting)) return seen;
    if (all) this.#at = 0;
    if (this.#at === 0) this.#round = { left, unread: this.#unread };
    await this.#page(Math.max(0, first - 1), all);
    const round = this.#round;
    // Where something left meanwhile, what was read before it did is read again.
    if ((await this.#proceed(all)) && round?.left === left && round.unread === this.#unread) this.#compared = left;
    return undefined;
  }

  /** Compares some pages more, or `all`; true at the end of the round. */
  async #proceed(all: boolean): Promise<boolean> {
    const { own } = this.#parts;
    for (let pages = 0; (all || pages < PAGES) && !own.isEmpty; pages++) {
      this.#at = Math.max(this.#at, (own.first ?? 0) - 1, 0);
      const next = await this.#page(this.#at, all);
      this.#at = next ?? 0;
      if (next === undefined) return true;
    }
    return all;
  }

  /**
   * Gives the place after which the next page begins; undefined when that was the last one. A page that changes while it
   * is read is read again when there is no other time: with `now`.
   */
  async #page(after: number, now: boolean): Promise<number | undefined> {
    const { own, store, changes, onLeft } = this.#parts;
    for (let tries = 1; ; tries++) {
      const { done } = changes;
      const page = await store.heads(after, PAGE);
      const isLast = page.length < PAGE;
      // A put on its way may have changed what was read.
      const isSure = done === changes.done && changes.underWay === 0;
      if (!isSure && now && tries < TRIES) continue;
      if (!isSure) this.#unread++;
      else own.compare(after, page, isLast, onLeft);
      const next = isLast ? 0 : Math.floor(page.at(-1)!.order) - 1;
      return next > after ? next : undefined;
    }
  }
}

/** All that ever left, by amounts that no appending changes. */
function leftOf({ delivered, quarantined, dropped }: StorageCounts): string {
  return [delivered, quarantined, dropped].map(({ points, requests }: Amount) => `${points} ${requests}`).join();
}
