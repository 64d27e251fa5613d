import type { Clock } from "../../runtime/ports/clock.ts";
import { sinceOf } from "../lead/oldest.ts";
import { isDiscarded, type Item, newItem, newRunState, type RunState } from "./run-state.ts";
import { nextOf } from "./next-of.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";

/** Chunks of one run in view: enough to pass a stuck one, few enough that a long backlog stays in the storage. */
const PER_RUN = 64;
/** From so many chunks in view on, of many runs, only a few of each are taken. */
const MANY = 4_096;
const FEW = 4;
/** Runs without anything to do that are remembered. */
const IDLE_RUNS = 1_000;

/** Decides which chunk goes next. Knows nothing of requests. */
export class Scheduler {
  readonly #clock: Pick<Clock, "now">;
  readonly #runs = new Map<string, RunState>();
  /** Runs without anything to do: what is forgotten of them is found again. */
  readonly #idle = new Set<RunState>();
  /** Runs with items, the least recently served first. */
  readonly #active = new Set<RunState>();
  /** Runs of which something in the storage was passed, and those of them that may have room for it. */
  readonly #passed = new Set<RunState>();
  readonly #hungry = new Set<RunState>();
  readonly #sending = new Map<RunState, Item>();
  #size = 0;
  /** Chunks up to this place in the order go without waiting for more points. */
  urgent = 0;
  /** Chunks that must not be sent now. */
  readonly reserved: Set<number> = new Set();
  /** Monotonic time at which the next chunk may go, as found by the last `pick`. */
  wakeAt: number = Number.POSITIVE_INFINITY;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Chunks of a run that there is room for. */
  room(run: RunState): number {
    return Math.max(0, this.#most() - run.items.length);
  }

  run(id: string): RunState {
    let run = this.#runs.get(id);
    if (!run) {
      run = newRunState(id);
      this.#runs.set(id, run);
    }
    this.#idle.delete(run);
    return run;
  }

  /** True while a run waits for a person. */
  parks(id: string): boolean {
    return this.#runs.get(id)?.parked !== undefined;
  }

  /** Runs that are remembered. */
  get remembered(): number {
    return this.#runs.size;
  }

  /** Takes a chunk into view, at its place in the order of its run; or a part of one. */
  add(header: ChunkHeader, now: number, whole?: Item): void {
    const run = this.run(header.run);
    if (header.kind === "discard") this.discard(run, header.order);
    if (run.parked !== undefined) return;
    let at = run.items.length;
    while (at > 0 && run.items[at - 1]!.header.order > header.order) at--;
    const there = run.items[at - 1];
    // Parts are put into view by whoever divides, and lie where a reader may find them once more.
    if (there?.header.order === header.order && there !== whole) return;
    run.items.splice(at, 0, newItem(header, now, sinceOf(header.at, now, this.#clock.now()), whole));
    this.#active.add(run);
    this.#size++;
  }

  remove(run: RunState, item: Item): void {
    const at = run.items.indexOf(item);
    if (at < 0) return;
    run.items.splice(at, 1);
    this.#size--;
    if (run.items.length === 0) this.#active.delete(run);
    this.#feed(run);
  }

  /** Notes that all of a run after a place is left in the storage for now. */
  pass(run: RunState, after: number): void {
    run.after = after;
    this.#passed.add(run);
    this.#feed(run);
  }

  /** Nothing of a run is left that was passed. */
  caughtUp(run: RunState): void {
    run.after = undefined;
    this.#passed.delete(run);
    this.#hungry.delete(run);
  }

  /** Runs of which something was passed. */
  passed(): Iterable<RunState> {
    return this.#passed;
  }

  /** Runs of which something was passed that there is room for by now. */
  *hungry(): Iterable<RunState> {
    for (const run of this.#hungry) {
      if (this.#wants(run)) yield run;
      else this.#hungry.delete(run);
    }
  }

  /** Lets a run wait for a person: what it has in view stays in the storage until it goes on. */
  park(run: RunState, reason: string): void {
    run.parked = reason;
    const first = run.items[0]?.header.order;
    for (const item of [...run.items]) this.remove(run, item);
    if (first !== undefined) this.pass(run, Math.floor(first) - 1);
  }

  /** Lets a parked run go on. */
  unpark(run: RunState): void {
    run.parked = undefined;
    run.checked = false;
    this.#feed(run);
  }

  /** Has all of a run dropped that lies up to a place: it goes on for that. */
  discard(run: RunState, order: number): void {
    run.discardTo = Math.max(order, run.discardTo ?? 0);
    if (run.parked !== undefined) this.unpark(run);
    for (const item of run.items) item.until = 0;
  }

  /** The next chunk to drop, marked as being sent until `done`: that needs no server. */
  pickDiscarded(now: number): { readonly run: RunState; readonly item: Item } | undefined {
    for (const run of this.#active) {
      const item = run.items[0]!;
      if (run.busy || !isDiscarded(run, item.header) || item.until > now) continue;
      if (this.reserved.has(item.header.order)) continue;
      run.busy = true;
      this.#sending.set(run, item);
      return { run, item };
    }
    return undefined;
  }

  /** Forgets all chunks, also those that are being sent: nothing of a run goes before its request is over. */
  reset(): void {
    for (const run of this.#passed) this.caughtUp(run);
    for (const run of this.#active) run.items.length = 0;
    for (const run of this.#runs.values()) run.discardTo = undefined;
    this.#active.clear();
    this.#size = 0;
  }

  /** After `reset`: forgets also why runs wait for a person, as another process may have found meanwhile that they go on. */
  renew(): void {
    for (const run of this.parked()) {
      this.unpark(run);
      if (!run.busy) this.done(run);
    }
  }

  /** The next chunk to send, marked as being sent until `done`; as a `probe` what failed least often. */
  pick(now: number, interval: number, probe = false): { readonly run: RunState; readonly item: Item } | undefined {
    const { urgent, reserved } = this;
    const rules = { now, interval, urgent, reserved, coming: (id: string): boolean => this.#coming(id) };
    this.wakeAt = Number.POSITIVE_INFINITY;
    let next: { readonly run: RunState; readonly item: Item } | undefined;
    for (const run of this.#active) {
      if (run.busy) continue;
      const item = nextOf(run, rules);
      if (typeof item === "number") this.wakeAt = Math.min(this.wakeAt, item);
      if (typeof item === "number" || (next && next.item.failures <= item.failures)) continue;
      next = { run, item };
      if (!probe || item.failures === 0) break;
    }
    if (!next) return undefined;
    const { run, item } = next;
    run.busy = true;
    this.#sending.set(run, item);
    // To the end of the line: a run with a long backlog, or one that keeps failing, leaves room for others.
    this.#active.delete(run);
    this.#active.add(run);
    return next;
  }

  /** True when a chunk is being sent, or may have reached the server before. */
  touched({ run: id, order }: ChunkHeader): boolean {
    const run = this.#runs.get(id);
    const item = run?.items.find(({ header }) => header.order === order);
    return item !== undefined && (item.failures > 0 || this.#sending.get(run!) === item);
  }

  /** True when nothing of a run is being sent, or will be soon. */
  isIdle(id: string): boolean {
    const run = this.#runs.get(id);
    if (run?.parked !== undefined) return !run.busy;
    return !run || (!run.busy && run.items.length === 0 && run.after === undefined);
  }

  /** Places of all chunks in view. */
  *orders(): Iterable<number> {
    for (const { items } of this.#active) for (const { header } of items) yield header.order;
  }

  /** Uploads that the server has, and gets once more. */
  *again(): Iterable<readonly [RunState, Item]> {
    for (const run of [...this.#active])
      for (const item of [...run.items]) if (item.again !== undefined) yield [run, item];
  }

  done(run: RunState): void {
    run.busy = false;
    this.#sending.delete(run);
    if (run.items.length > 0 || run.after !== undefined || run.parked !== undefined) return;
    this.#idle.add(run);
    if (this.#idle.size <= IDLE_RUNS) return;
    const [oldest] = this.#idle;
    this.#idle.delete(oldest!);
    this.#runs.delete(oldest!.id);
  }

  /** True when nothing up to a place in the order waits that could be sent, of some runs or of all; `first`: for the first time. */
  clear(order: number, runs?: ReadonlySet<string>, first = false): boolean {
    for (const { id, items } of this.#active) {
      const next = first ? items.find(({ again }) => again === undefined) : items[0];
      // Parts of the chunk at that place lie before the next one.
      if ((!runs || runs.has(id)) && next && next.header.order < order + 1) return false;
    }
    for (const { id, after, parked } of this.#passed) {
      if (parked === undefined && (!runs || runs.has(id)) && after! < order + 1 && after !== order) return false;
    }
    return true;
  }

  /** Place below which nothing that is known waits for anybody but a person. */
  get stillTo(): number {
    let to = Number.POSITIVE_INFINITY;
    // Parts of a chunk lie above its place and below the next one.
    for (const run of this.#active) to = Math.min(to, Math.floor(run.items[0]!.header.order));
    for (const { after, parked } of this.#passed) if (parked === undefined) to = Math.min(to, Math.floor(after!));
    return to;
  }

  *parked(): Iterable<RunState> {
    for (const run of this.#runs.values()) if (run.parked !== undefined) yield run;
  }

  /** Milliseconds since the first put of the oldest chunk in view. */
  age(now: number): number {
    let since = now;
    for (const run of this.#active) since = Math.min(since, run.items[0]!.since);
    return now - since;
  }

  /** Forgets all waiting times of items, as when the network is back. */
  hurry(): void {
    for (const run of this.#active) for (const item of run.items) item.until = 0;
  }

  #most(): number {
    return this.#size < MANY ? PER_RUN : FEW;
  }

  #wants(run: RunState): boolean {
    return run.after !== undefined && run.parked === undefined && run.items.length <= this.#most() >> 3;
  }

  #feed(run: RunState): void {
    if (this.#wants(run)) this.#hungry.add(run);
  }

  /** True while a run is not created and may still be. */
  #coming(id: string): boolean {
    const run = this.#runs.get(id);
    if (run === undefined || run.mapping !== undefined || run.parked !== undefined) return false;
    return run.items.length > 0 || run.after !== undefined;
  }
}
