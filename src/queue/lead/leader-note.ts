import type { Clock } from "../../runtime/ports/clock.ts";
import { keptFields } from "./doubt-fields.ts";
import { type Doubt, MergedDoubts } from "./merged-doubts.ts";
import { noteText, parseNote } from "./note-text.ts";
import { PROBE_TAG } from "./probe-tag.ts";
import { addRange, type Range, within } from "./ranges.ts";
import type { QueueStore } from "../storage.ts";

/** Runs in doubt that are named: of more, the oldest are merged. */
const MOST_DOUBTS = 1_000;
/** Parked runs of this process that are named, and as many again of others, whose people read here why. */
const MOST_PARKED = 100;
/** Places to come that are noted together with those in view, so that a slow logger does not cost a write a chunk. */
const AHEAD = 64;

/**
 * What a leader must know that outlives its chunks, and that the leader after it must know as well: which runs are in
 * doubt, and which chunks of points may have been sent. Kept in the storage before a chunk goes that would tell.
 */
export class LeaderNote {
  readonly #store: QueueStore;
  readonly #clock: Clock;
  readonly #doubts = new Map<string, Doubt>();
  /** Runs that wait for a person, and why: for people who look into the storage. */
  readonly #parked = new Map<string, string>();
  readonly #merged = new MergedDoubts();
  readonly #most: number;
  #changed = false;
  /** Places of chunks that this leader sent and that wait. */
  readonly #sent = new Set<number>();
  /** Places that the note in the storage says may be sent, and those of them that were noted by an earlier leader. */
  #noted: Range[] = [];
  #suspects: readonly Range[] = [];
  readonly #term: number;
  readonly #opened: number | undefined;
  #ready: Promise<void> | undefined;
  #kept: Promise<void> = Promise.resolve();
  /** Last place in the order when the term began: what is below it may have been sent by another leader. */
  #began = 0;

  /**
   * @param opened Last place in the order when the storage was opened, if nobody has led since.
   * @param most Runs in doubt that are named.
   */
  constructor(store: QueueStore, clock: Clock, term: number, opened?: number, most: number = MOST_DOUBTS) {
    this.#opened = opened;
    this.#most = most;
    this.#store = store;
    this.#clock = clock;
    this.#term = term;
  }

  /** Reads what earlier leaders left, once; nothing is sent before. */
  ready(): Promise<void> {
    this.#ready ??= this.#begin().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #begin(): Promise<void> {
    this.#began = this.#opened ?? (await this.#store.status()).order;
    const { doubts, sent, merged, parked = [] } = parseNote(await this.#store.note());
    for (const [run, reason] of parked) this.#parked.set(run, reason);
    if (merged) this.#merged.inherit(merged, this.#clock.monotonic());
    for (const [run, create, fields] of doubts) {
      // Only this clock is known to run: how long ago the last request was sent, no wall clock can be asked.
      const doubt = this.#of(run);
      doubt.inherited = true;
      doubt.create ||= create;
      for (const field of fields) doubt.fields.add(field);
    }
    this.#noted = [...sent];
    this.#suspects = sent;
  }

  /** True for a chunk that an earlier leader may have been sending when its term ended. */
  isInherited(order: number): boolean {
    return order <= this.#began;
  }

  /** No run is in doubt. */
  get isEmpty(): boolean {
    return this.#doubts.size === 0 && !this.isMerged;
  }

  /** Runs in doubt that are named. */
  get doubts(): ReadonlyMap<string, Doubt> {
    return this.#doubts;
  }

  /** Notes that a create of a run may have come to the server twice. */
  doubtCreate(run: string): void {
    const doubt = this.#of(run);
    doubt.create = true;
    doubt.since = this.#clock.monotonic();
  }

  /** Notes that an older value of these fields may still come to the server. */
  doubtFields(run: string, fields: Iterable<string>): void {
    const doubt = this.#of(run);
    for (const field of fields) doubt.fields.add(field);
    doubt.since = this.#clock.monotonic();
  }

  /** Notes that the tag of a probe may be on a run. Gives what to call when it is sure that it is not. */
  doubtProbe(run: string): () => void {
    const before = this.#doubts.get(run)?.fields.has(PROBE_TAG) ?? false;
    this.doubtFields(run, [PROBE_TAG]);
    return () => {
      const doubt = this.#doubts.get(run);
      // An earlier one may still come.
      if (before || !doubt) return;
      doubt.fields.delete(PROBE_TAG);
      if (doubt.fields.size === 0 && !doubt.create) this.settle(run);
    };
  }

  /** All is as it shall be, and nothing is on its way any more. */
  settle(run: string): void {
    this.#changed = this.#doubts.delete(run) || this.#changed;
  }

  /** Notes that a run waits for a person; `own`: of this process, whose person was told so. */
  park(run: string, reason: string, own: boolean): void {
    this.#parked.delete(run);
    if (this.#parked.size >= (own ? MOST_PARKED : 2 * MOST_PARKED)) return;
    this.#parked.set(run, reason);
    this.#changed = true;
  }

  /** Notes that it does not any more. */
  unpark(run: string): void {
    this.#changed = this.#parked.delete(run) || this.#changed;
  }

  /** Runs that are in doubt were merged, and are not named yet. */
  get isMerged(): boolean {
    return this.#merged.range !== undefined;
  }

  /** Names some of the runs that were merged, once there is room for them: more than were in doubt, never fewer. */
  async unfold(): Promise<void> {
    const step = Math.ceil(this.#most / 4);
    if (this.#doubts.size > 2 * step) return;
    const found = await this.#merged.take(this.#store, step);
    if (!found) return;
    for (const [run, { since, inherited, create, fields }] of found) {
      const doubt = this.#of(run);
      doubt.since = Math.max(since, doubt.since);
      doubt.inherited ||= inherited;
      doubt.create ||= create;
      for (const field of fields) doubt.fields.add(field);
    }
    this.#changed = true;
    await this.keep();
  }

  /** Keeps the doubts in the storage when they changed. Rejects with StaleTermError when the term is over. */
  keep(): Promise<void> {
    // One after the other, so that no older note takes the place of a newer one; who comes later waits for them.
    if (this.#changed) this.#kept = this.#kept.catch(() => undefined).then(() => this.#write());
    return this.#kept;
  }

  /** Notes that a chunk of points is sent now. `inView` are all that may be sent soon, in order. */
  async sending(order: number, inView: () => Iterable<number>): Promise<void> {
    const place = Math.floor(order);
    this.#sent.add(place);
    if (within(this.#noted, place)) return this.keep();
    const [first] = await this.#store.heads(0, 1);
    const lowest = Math.floor(first?.order ?? place);
    const noted: Range[] = [];
    for (const [from, to] of this.#suspects) if (to >= lowest) addRange(noted, from, to);
    for (const sent of this.#sent) addRange(noted, sent, sent);
    let last = place;
    for (const seen of inView()) {
      last = Math.max(last, Math.floor(seen));
      addRange(noted, Math.floor(seen), Math.floor(seen));
    }
    addRange(noted, last, last + AHEAD);
    this.#noted = noted;
    this.#changed = true;
    return this.keep();
  }

  /** A chunk of points left the storage. */
  gone({ order, span }: { readonly order: number; readonly span: number }): void {
    if (span === 1) this.#sent.delete(order);
  }

  /** True when the server may have points of a chunk. */
  maySent(order: number): boolean {
    const place = Math.floor(order);
    return this.#sent.has(place) || within(this.#suspects, place);
  }

  #of(run: string): Doubt {
    let doubt = this.#doubts.get(run);
    if (!doubt) {
      doubt = { since: this.#clock.monotonic(), inherited: false, create: false, fields: new Set() };
      this.#doubts.set(run, doubt);
      const [oldest] = this.#doubts;
      if (this.#doubts.size > this.#most) {
        this.#doubts.delete(oldest![0]);
        this.#merged.add(...oldest!);
      }
    }
    this.#changed = true;
    return doubt;
  }

  async #write(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    const doubts = [...this.#doubts].map(([run, { create, fields }]) => [run, create, keptFields(fields)] as const);
    const note = { doubts, merged: this.#merged.range, sent: this.#noted, parked: [...this.#parked] };
    try {
      await this.#store.leaveNote(this.#term, noteText(note));
    } catch (error) {
      this.#changed = true;
      this.#noted = [];
      throw error;
    }
  }
}
