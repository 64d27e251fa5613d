import type { RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import type { QueueStore } from "../storage.ts";

const PAGE = 64;
const LONGEST_PAGE = 256;

/** A walk over places that were passed before, for a run that had no room at that time. */
interface Scan {
  /** The run that it is for; others are served on the way. */
  readonly run: RunState;
  readonly start: number;
  /** Runs of which something was left out on the way: the rest of them comes with a later scan. */
  readonly passed: Set<RunState>;
  at: number;
  limit: number;
}

/**
 * Reads chunks into view, in order. A run that has enough in view is passed, so that a long backlog of one, or one that
 * is stuck, hides no other; what was passed is read when there is room for it. So each place is read about twice.
 */
export class Reader {
  readonly #store: QueueStore;
  readonly #view: Scheduler;
  /** Place up to which everything was taken into view or passed. */
  #cursor = 0;
  /** Times that the storage got more, and how many of them are known to be read. */
  #appended = 1;
  #known = 0;
  #scan: Scan | undefined;
  #interrupts = 0;

  constructor(store: QueueStore, view: Scheduler) {
    this.#store = store;
    this.#view = view;
  }

  /** The storage has got more. */
  appended(): void {
    this.#appended++;
  }

  /** True when nothing up to a place is unread, but what was passed. */
  reached(order: number): boolean {
    return this.#cursor >= order || this.#known === this.#appended;
  }

  /** Place below which nothing is unread, but what was passed. */
  get end(): number {
    return this.#known === this.#appended ? Math.floor(this.#cursor) + 1 : this.#cursor;
  }

  /** True when the storage may hold more of a run than was read. */
  async unread(run: string): Promise<boolean> {
    const page = await this.#store.heads(this.#cursor, PAGE);
    return page.length === PAGE || page.some((header) => header.run === run);
  }

  /** Begins at the start again. */
  reset(): void {
    this.#cursor = 0;
    this.#known = 0;
    this.interrupt();
  }

  /** Places that were passed have changed: a page on its way does not count. */
  interrupt(): void {
    this.#interrupts++;
    this.#scan = undefined;
  }

  /** Reads one page; false when there is nothing to read. */
  async read(now: number): Promise<boolean> {
    this.#scan ??= this.#newScan();
    if (this.#scan) await this.#refill(this.#scan, now);
    else if (this.#known !== this.#appended) await this.#advance(now);
    else return false;
    return true;
  }

  async #advance(now: number): Promise<void> {
    const interrupts = this.#interrupts;
    const appended = this.#appended;
    const page = await this.#store.heads(this.#cursor, PAGE);
    if (interrupts !== this.#interrupts) return;
    for (const header of page) {
      const run = this.#view.run(header.run);
      if (header.kind === "discard") this.#view.discard(run, header.order);
      if (run.after === undefined && run.parked === undefined && this.#view.room(run) > 0) this.#view.add(header, now);
      else if (run.after === undefined) this.#view.pass(run, this.#cursor);
      this.#cursor = header.order;
    }
    if (page.length < PAGE) this.#known = appended;
  }

  /** Begins with what was passed first. */
  #newScan(): Scan | undefined {
    let first: RunState | undefined;
    for (const run of this.#view.hungry()) if (!first || run.after! < first.after!) first = run;
    if (!first) return undefined;
    const start = first.after!;
    // Of one run with a long backlog about as much is read as there is room for.
    return { run: first, start, at: start, passed: new Set(), limit: Math.min(PAGE, 2 * this.#view.room(first)) };
  }

  async #refill(scan: Scan, now: number): Promise<void> {
    const { passed, start, limit } = scan;
    const view = this.#view;
    const interrupts = this.#interrupts;
    const page = await this.#store.heads(scan.at, limit);
    if (interrupts !== this.#interrupts) return;
    for (const header of page) {
      scan.at = header.order;
      if (scan.at > this.#cursor) break;
      const run = view.run(header.run);
      const { after } = run;
      // Of a run that lacks something from before the start, what comes here is not the next.
      if (after === undefined || after < start || after >= scan.at || run.parked !== undefined) continue;
      if (passed.has(run) || view.room(run) === 0) passed.add(run);
      else {
        view.add(header, now);
        run.after = scan.at;
      }
    }
    if (page.length < limit || scan.at >= this.#cursor) {
      for (const run of view.passed()) {
        if (run.after! >= start && run.parked === undefined && !passed.has(run)) view.caughtUp(run);
      }
      this.#scan = undefined;
    } else if (view.room(scan.run) === 0 || passed.has(scan.run)) {
      this.#scan = undefined;
    }
    scan.limit = Math.min(2 * limit, LONGEST_PAGE);
  }
}
