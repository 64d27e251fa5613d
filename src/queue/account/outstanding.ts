import { amountOf, type Count } from "../amount.ts";
import type { Appended, ChunkDraft, ChunkHeader } from "../chunk/stored-chunk.ts";
import { roomOf } from "../chunk/file-body.ts";

/** What the storage holds of one chunk that was put here, or of its parts. */
interface Entry extends Count {
  readonly run: string;
  blobBytes: number;
  /** Points of all of it, as far as it is known. */
  size: number;
}

/** Tells what left the storage. */
export type OnLeft = (run: string, left: Count, blobBytes: number) => void;

/**
 * Whose a settled chunk is: of this process, which counts it as waiting no more; of another one, or of one that put it back
 * from quarantine; or of this one, and known to have left before.
 */
export type Whose = "own" | "foreign" | "gone";

/** Chunks that were told to have left, in case that their own settlement comes late. */
const REMEMBERED = 1_000;

/** The chunks that this process has put and that have no fate yet, as far as it knows: a line for each, without bodies. */
export class Outstanding {
  /** By place; in ascending order unless one came late. */
  #placed = new Map<number, Entry>();
  #highest = 0;
  #isSorted = true;
  /** By sequence: a put said that it failed, and took place. */
  readonly #unplaced = new Map<number, Entry>();
  /** By place, the points of all of it, as far as it was known then. */
  readonly #left = new Map<number, number>();
  /** Sequences of those that had left before anybody told their place. */
  readonly #missed = new Map<number, true>();
  /** By sequence, what was settled before its put was told to have taken place. */
  readonly #early = new Map<number, Count & { blobBytes: number }>();
  /** Sequences of chunks that were settled, or a part of them, by place: parts have none of their own. */
  readonly #sequences = new Map<number, number>();
  readonly #writer: string;
  /** The reading of the whole storage that is under way: up to which place, and what had no place when it began. */
  #pass: { upTo: number; readonly sought: readonly number[] } | undefined;
  readonly total: Count & { blobBytes: number } = { points: 0, requests: 0, blobBytes: 0 };

  constructor(writer: string) {
    this.#writer = writer;
  }

  get isEmpty(): boolean {
    return this.#placed.size + this.#unplaced.size === 0;
  }

  /** The first place at which one lies; undefined when none does. */
  get first(): number | undefined {
    if (this.#unplaced.size > 0) return 0;
    for (const order of this.#ascending().keys()) return order;
    return undefined;
  }

  /** True for a place at which something lies that was put here. */
  has(order: number): boolean {
    return this.#placed.has(Math.floor(order));
  }

  /** All of it has its place, and may be a part of what waits in all. */
  isWithin(waiting: Count): boolean {
    const { points, requests } = this.total;
    return this.#unplaced.size === 0 && points <= waiting.points && requests <= waiting.requests;
  }

  /** Notes what became of a put; gives the points that have left the storage with what was not known to be there. */
  put(draft: ChunkDraft, { stored, order, count }: Appended): number {
    const { run } = draft;
    const amount = amountOf({ ...draft, count: count ?? draft.count });
    const entry = { ...amount, run, blobBytes: roomOf(draft), size: amount.points };
    if (stored || order > 0) {
      // One that was there before may have grown all the same, by a put that said that it failed.
      this.#place(order, entry);
    } else if (draft.order === undefined) {
      const { points, requests, blobBytes } = this.#early.get(draft.sequence) ?? {
        points: 0,
        requests: 0,
        blobBytes: 0,
      };
      this.#early.delete(draft.sequence);
      entry.points -= points;
      entry.requests -= requests;
      entry.blobBytes -= blobBytes;
      if (entry.points > 0 || entry.requests > 0) this.#keep(this.#unplaced, draft.sequence, entry);
    } else if (count !== undefined) return this.#grow(draft.order, amount.points);
    return 0;
  }

  /** One that is sealed or gone had grown before, by a put that said that it failed. */
  #grow(place: number, size: number): number {
    const entry = this.#placed.get(place);
    const more = size - (entry?.size ?? this.#left.get(place) ?? size);
    if (!entry) {
      if (this.#left.has(place)) this.#left.set(place, size);
      return more;
    }
    this.#count(entry, -1);
    entry.points += more;
    entry.size = size;
    this.#count(entry, 1);
    return 0;
  }

  /**
   * Notes that a chunk, or a part of it, was settled here.
   *
   * @param sequence 0 for one of another writer, and for what has none: parts, and what came back from quarantine, which is
   *   of whoever put it back.
   */
  settle(order: number, sequence: number, part: Count, blobBytes: number): Whose {
    const place = Math.floor(order);
    if (sequence > 0) keepSome(this.#sequences, place, sequence);
    const whole = this.#sequences.get(place);
    this.#find(place, whole);
    const entry = this.#placed.get(place);
    if (entry) {
      this.#reduce(this.#placed, place, entry, part, blobBytes);
      return "own";
    }
    if (this.#left.has(place) || (whole !== undefined && this.#missed.has(whole))) return "gone";
    if (whole === undefined) return "foreign";
    this.#settleEarly(whole, part, blobBytes);
    return "own";
  }

  /**
   * Compares with a page of headers: all that lie above `after`, up to the last of them or, with `isLast`, up to the end.
   * What is not among them has left.
   */
  compare(after: number, page: readonly ChunkHeader[], isLast: boolean, onLeft: OnLeft): void {
    const end = isLast ? Number.POSITIVE_INFINITY : Math.floor(page.at(-1)!.order);
    const found = new Map<number, Count>();
    for (const header of page) {
      const place = Math.floor(header.order);
      if (header.writer === this.#writer) this.#find(place, header.sequence || this.#sequences.get(place));
      if (!this.#placed.has(place)) continue;
      const { points, requests } = amountOf(header);
      const sum = found.get(place);
      found.set(place, { points: points + (sum?.points ?? 0), requests: requests + (sum?.requests ?? 0) });
    }
    for (const [place, entry] of this.#ascending()) {
      if (place >= end) break;
      if (place <= after) continue;
      const { points, requests } = found.get(place) ?? { points: 0, requests: 0 };
      const left = { points: Math.max(0, entry.points - points), requests: Math.max(0, entry.requests - requests) };
      const blobBytes = found.has(place) ? 0 : entry.blobBytes;
      if (left.points + left.requests + blobBytes === 0 && found.has(place)) continue;
      this.#reduce(this.#placed, place, entry, left, blobBytes);
      keepSome(this.#left, place, entry.size);
      onLeft(entry.run, left, blobBytes);
    }
    for (const { run, points, requests, blobBytes } of this.#passed(after, end))
      onLeft(run, { points, requests }, blobBytes);
  }

  /** Follows a reading of the whole storage, page by page; at its end gives and forgets what has no place in it. */
  #passed(after: number, end: number): readonly Entry[] {
    if (after === 0) this.#pass ??= { upTo: 0, sought: [...this.#unplaced.keys()] };
    const pass = this.#pass;
    if (!pass) return [];
    // What could not be compared in between may hold what is sought.
    const isWhole = after <= pass.upTo;
    pass.upTo = Math.max(pass.upTo, end - 1);
    if (isWhole && end < Number.POSITIVE_INFINITY) return [];
    this.#pass = undefined;
    if (!isWhole) return [];
    return pass.sought.flatMap((sequence) => {
      const entry = this.#unplaced.get(sequence);
      if (!entry) return [];
      this.#forget(this.#unplaced, sequence);
      // Their own settlement may come late, as for those that are known to have left a place.
      keepSome(this.#missed, sequence, true);
      return [entry];
    });
  }

  /** A put that said that it failed lies at this place. */
  #find(place: number, sequence: number | undefined): void {
    const unplaced = sequence && this.#unplaced.get(sequence);
    if (!unplaced || this.#placed.has(place)) return;
    this.#forget(this.#unplaced, sequence);
    this.#place(place, unplaced);
  }

  #ascending(): ReadonlyMap<number, Entry> {
    if (this.#isSorted) return this.#placed;
    const sorted = [...this.#placed].sort(([a], [b]) => a - b);
    this.#placed = new Map(sorted);
    this.#highest = sorted.at(-1)?.[0] ?? 0;
    this.#isSorted = true;
    return this.#placed;
  }

  #place(place: number, entry: Entry): void {
    // A storage that is another one than before begins anew.
    if (this.#placed.size === 0) this.#highest = 0;
    if (place < this.#highest && !this.#placed.has(place)) this.#isSorted = false;
    this.#highest = Math.max(this.#highest, place);
    this.#keep(this.#placed, place, entry);
  }

  /** What is there before is replaced where it lies. */
  #keep(map: Map<number, Entry>, key: number, entry: Entry): void {
    const before = map.get(key);
    if (before) this.#count(before, -1);
    map.set(key, entry);
    this.#count(entry, 1);
  }

  #forget(map: Map<number, Entry>, key: number): void {
    const entry = map.get(key);
    if (!entry) return;
    map.delete(key);
    this.#count(entry, -1);
  }

  #reduce(map: Map<number, Entry>, key: number, entry: Entry, part: Count, blobBytes: number): void {
    this.#count(entry, -1);
    entry.points -= part.points;
    entry.requests -= part.requests;
    entry.blobBytes -= blobBytes;
    if (entry.points <= 0 && entry.requests <= 0) map.delete(key);
    else this.#count(entry, 1);
  }

  #count({ points, requests, blobBytes }: Count & { readonly blobBytes: number }, sign: 1 | -1): void {
    this.total.points += sign * points;
    this.total.requests += sign * requests;
    this.total.blobBytes += sign * blobBytes;
  }

  #settleEarly(sequence: number, part: Count, blobBytes: number): void {
    const before = this.#early.get(sequence) ?? { points: 0, requests: 0, blobBytes: 0 };
    const { points, requests } = before;
    keepSome(this.#early, sequence, {
      points: points + part.points,
      requests: requests + part.requests,
      blobBytes: before.blobBytes + blobBytes,
    });
  }
}

/** Sets an entry of a map, and forgets the oldest of many. */
function keepSome<V>(map: Map<number, V>, key: number, value: V): void {
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
