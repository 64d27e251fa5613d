import type { QueueStore } from "../storage.ts";
import type { MergedDoubt } from "./note-text.ts";
import { PROBE_TAG } from "./probe-tag.ts";

/** What is not known of a run: the server may act on a request of it that its sender has given up. */
export interface Doubt {
  /** Monotonic time since which no such request was sent. */
  since: number;
  /** An earlier leader left it, and nobody has looked since. */
  inherited: boolean;
  /** A create of it may have come to the server twice. */
  create: boolean;
  /** Keys of tags, and "" for the run's own fields, that may be overwritten by an older value. */
  readonly fields: Set<string>;
}

/** Runs in doubt of which there are too many to name each. */
export class MergedDoubts {
  #range: MergedDoubt | undefined;
  /** Monotonic time since which no request was sent that put one of them in doubt. */
  #since = 0;
  /** An earlier leader left them. */
  #inherited = false;

  /** Undefined where there are none. */
  get range(): MergedDoubt | undefined {
    return this.#range;
  }

  /** Takes over what an earlier leader left. */
  inherit(range: MergedDoubt, now: number): void {
    this.#range = range;
    this.#since = now;
    this.#inherited = true;
  }

  add(run: string, { since, inherited, create }: Doubt): void {
    const { from = run, to = run, create: before = false } = this.#range ?? {};
    this.#range = { from: run < from ? run : from, to: run > to ? run : to, create: create || before };
    this.#since = Math.max(this.#since, since);
    this.#inherited ||= inherited;
  }

  /**
   * Takes the first `most` of them out, with all that may have been set of each; undefined where others were merged while
   * they were read, or there are none.
   */
  async take(store: QueueStore, most: number): Promise<ReadonlyMap<string, Doubt> | undefined> {
    const range = this.#range;
    if (!range) return undefined;
    const { from, to, create } = range;
    const first = await store.mapping(from);
    const page = await store.mappings(from, most);
    const within = page.filter(({ localId }) => localId <= to);
    const found: [string, string[]][] = [];
    for (const { localId, model } of first ? [first, ...within] : within) {
      const { tags = {} } = (await store.desired(localId)) ?? {};
      // Of a logged model nothing is written that a late request could overwrite, and no run has its id.
      found.push([localId, model ? [] : ["", PROBE_TAG, ...Object.keys(tags)]]);
    }
    // What was read is read again.
    if (this.#range !== range) return undefined;
    const isLast = page.length < most || within.length < page.length;
    this.#range = isLast ? undefined : { from: page.at(-1)!.localId, to, create };
    const [since, inherited] = [this.#since, this.#inherited];
    return new Map(found.map(([run, fields]) => [run, { since, inherited, create, fields: new Set(fields) }]));
  }
}
