import type { QueueStore } from "../storage.ts";
import { OWN_FIELDS } from "./doubt-fields.ts";
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
  /** What may be overwritten by an older value. */
  readonly fields: Set<string>;
}

/** Fields of all of them together that are named: of more, all that was set of each is in doubt. */
const MOST_FIELDS = 100;

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

  add(run: string, { since, inherited, create, fields }: Doubt): void {
    const { from, to, create: before, fields: others } = this.#range ?? { from: run, to: run, create, fields: [] };
    const all = [...new Set([...(others ?? []), ...fields])];
    this.#range = {
      from: run < from ? run : from,
      to: run > to ? run : to,
      create: create || before,
      fields: others && all.length <= MOST_FIELDS ? all : undefined,
    };
    this.#since = Math.max(this.#since, since);
    this.#inherited ||= inherited;
  }

  /**
   * Takes the first `most` of them out, with all that may be in doubt of each; undefined where others were merged while
   * they were read, or there are none.
   */
  async take(store: QueueStore, most: number): Promise<ReadonlyMap<string, Doubt> | undefined> {
    const range = this.#range;
    if (!range) return undefined;
    const { from, to, create, fields } = range;
    const first = await store.mapping(from);
    const page = await store.mappings(from, most);
    const within = page.filter(({ localId }) => localId <= to);
    const found: [string, readonly string[]][] = [];
    for (const { localId, model } of first ? [first, ...within] : within) {
      // Of a logged model nothing is written that a late request could overwrite, and no run has its id.
      const known = model ? [] : fields;
      const tags = known ? {} : (await store.desired(localId))?.tags;
      found.push([localId, known ?? [...OWN_FIELDS, PROBE_TAG, ...Object.keys(tags ?? {})]]);
    }
    // What was read is read again.
    if (this.#range !== range) return undefined;
    const isLast = page.length < most || within.length < page.length;
    this.#range = isLast ? undefined : { ...range, from: page.at(-1)!.localId };
    const [since, inherited] = [this.#since, this.#inherited];
    return new Map(found.map(([run, its]) => [run, { since, inherited, create, fields: new Set(its) }]));
  }
}
