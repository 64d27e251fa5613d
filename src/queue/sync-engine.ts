import { HostGate } from "./host-gate.ts";
import { Delivery } from "./delivery.ts";
import { add, amountOf } from "./ledger.ts";
import { makeRoom } from "./make-room.ts";
import type { Item, RunState } from "./run-state.ts";
import type { Timer } from "../runtime/ports/clock.ts";
import { Scheduler } from "./scheduler.ts";
import { StaleTermError } from "./storage.ts";
import type { HostState } from "./types.ts";
import type { DeliveryParts } from "./verdicts.ts";

const PAGE = 64;
const STORAGE_RETRY = 1_000;

/** What the engine needs. */
export interface EngineParts extends DeliveryParts {
  /** Bytes of bodies that may wait in the store. */
  readonly maxBytes: number;
  /** Called after everything that may let somebody go on who waits. */
  readonly onChange: () => void;
}

/** Drains a storage: the only reader of chunks, and the only one that deletes them. */
export class SyncEngine {
  readonly #parts: EngineParts;
  readonly #view = new Scheduler();
  readonly #gate: HostGate;
  readonly #delivery: Delivery;
  readonly #abort = new AbortController();
  #term = 0;
  /** Place in the order up to which the storage was read. */
  #cursor = 0;
  /** Times that it was set back. */
  #rewinds = 0;
  /** The storage may hold more beyond the cursor. */
  #more = true;
  /** What lies beyond the cursor is on its way: nobody can say yet that there is nothing. */
  #reading = false;
  /** The storage may be too full. */
  #grown = false;
  /** Places that are being sent and were read before the cursor was set back. */
  #skip = new Set<number>();
  #again = false;
  #looping = false;
  #inFlight = 0;
  #timer: Timer | undefined;
  #release: (() => void) | undefined;
  #running = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#gate = new HostGate(() => parts.runtime.random.fraction());
    this.#delivery = new Delivery(parts, this.#view, this.#gate, this.#abort.signal);
  }

  get host(): HostState {
    return this.#gate.state;
  }

  /** Milliseconds since the oldest chunk in view came into view. */
  get age(): number {
    return this.#view.age(this.#now());
  }

  /** No request is in flight. */
  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /** Sends, or only keeps the storage within its bounds. */
  run(running: boolean): void {
    this.#running = running;
    if (running) this.wake();
  }

  /** The storage has got more. */
  appended(): void {
    this.#more = this.#grown = true;
    this.wake();
  }

  /** Chunks up to this place in the order shall not wait for more points. */
  urge(order: number): void {
    this.#view.urgent = Math.max(this.#view.urgent, order);
    this.wake();
  }

  /** True when all up to a place in the order is delivered, of some runs or of all, but what is parked. */
  clear(order: number, runs?: ReadonlySet<string>): boolean {
    return (this.#cursor >= order || (!this.#more && !this.#reading)) && this.#view.clear(order, runs);
  }

  /** True while a run waits for a person. */
  parks(localId: string): boolean {
    return this.#view.run(localId).parked !== undefined;
  }

  parked(): readonly string[] {
    return [...this.#view.parked()].map((run) => run.id);
  }

  /** Lets a probe go now: the network may be back, or somebody says so. */
  hurry(): void {
    this.#gate.hurry();
    this.#view.hurry();
    this.wake();
  }

  /** Takes parked runs up again. */
  unpark(): void {
    for (const run of [...this.#view.parked()]) {
      run.parked = undefined;
      run.checked = false;
      this.#parts.problems.solve("run-parked", run.id);
    }
    this.#skip = this.#view.reset();
    this.#cursor = 0;
    this.#rewinds++;
    this.#more = true;
    this.hurry();
  }

  /** Ends all requests. */
  stop(): void {
    this.#running = false;
    this.#abort.abort();
    this.#timer?.cancel();
  }

  /** Looks for something to do. */
  wake(): void {
    this.#again = true;
    if (this.#looping || this.#abort.signal.aborted) return;
    this.#looping = true;
    void this.#loop()
      .catch((error: unknown) => this.#storageFailed(error))
      .finally(() => {
        this.#looping = false;
        this.#parts.onChange();
        // Somebody may have called between the end of the loop and this.
        if (this.#again) this.wake();
      });
  }

  async #loop(): Promise<void> {
    const { store, settings } = this.#parts;
    const { concurrency, flushInterval } = settings;
    while (this.#again && !this.#abort.signal.aborted) {
      this.#again = false;
      this.#term ||= await store.beginTerm();
      if (this.#grown) await this.#makeRoom();
      if (!this.#running) continue;
      await this.#fill();
      this.#timer?.cancel();
      const now = this.#now();
      const allowed = this.#gate.allows(concurrency, now);
      // A completion drives the loop; a timer is only for what has to wait.
      let at = allowed === 0 ? this.#gate.until : Number.POSITIVE_INFINITY;
      while (this.#running && this.#inFlight < allowed) {
        const next = this.#view.pick(now, flushInterval);
        if (!next) {
          at = this.#view.wakeAt;
          break;
        }
        void this.#deliver(next.run, next.item);
      }
      if (at < Number.POSITIVE_INFINITY) this.#wakeIn(at - now);
    }
  }

  async #fill(): Promise<void> {
    while (this.#more && !this.#view.full) {
      this.#more = false;
      this.#reading = true;
      try {
        const rewinds = this.#rewinds;
        const page = await this.#parts.store.heads(this.#cursor, PAGE);
        // The cursor was set back meanwhile: this page would carry it past what comes before.
        if (rewinds !== this.#rewinds) continue;
        for (const header of page) {
          this.#cursor = header.order;
          if (!this.#skip.has(header.order)) this.#view.add(header, this.#now());
        }
        if (page.length === PAGE) this.#more = true;
      } finally {
        this.#reading = false;
      }
    }
  }

  async #deliver(run: RunState, item: Item): Promise<void> {
    const { inFlight } = this.#parts.ledger;
    const amount = amountOf(item.header);
    this.#inFlight++;
    add(inFlight, amount);
    // A delivery on its way keeps the process alive; waiting for the next try does not.
    this.#release ??= this.#parts.runtime.lifecycle.keepAlive();
    try {
      // What the server has acknowledged is not sent again when only the storage failed.
      item.finish ??= await this.#delivery.attempt(run, item, this.#term);
      if (item.finish) {
        await item.finish();
        this.#view.remove(run, item);
        this.#skip.delete(item.header.order);
      }
    } catch (error) {
      item.until = this.#now() + STORAGE_RETRY;
      this.#storageFailed(error);
    } finally {
      this.#view.done(run);
      add(inFlight, amount, -1);
      if (--this.#inFlight === 0) {
        this.#release?.();
        this.#release = undefined;
      }
      this.#parts.onChange();
      this.wake();
    }
  }

  async #makeRoom(): Promise<void> {
    this.#grown = false;
    const { maxBytes: limit } = this.#parts;
    const { reserved } = this.#view;
    await makeRoom({
      ...this.#parts,
      whenFull: this.#parts.settings.whenFull,
      term: this.#term,
      limit,
      reserve: (order) => !this.#view.touched(order) && Boolean(reserved.add(order)),
      release: (order) => reserved.delete(order),
    });
  }

  #storageFailed(cause: unknown): void {
    if (cause instanceof StaleTermError) {
      this.#running = false;
      return;
    }
    const message = `Cannot read or change the queue in "${this.#parts.name}": it is tried again`;
    this.#parts.problems.report({ kind: "storage", message, cause });
    this.#wakeIn(STORAGE_RETRY);
  }

  #wakeIn(ms: number): void {
    this.#timer?.cancel();
    // Whole milliseconds: a timer must not fire a rounding error too early, over and over.
    this.#timer = this.#parts.runtime.clock.after(Math.ceil(Math.max(0, ms)), () => this.wake());
  }

  #now(): number {
    return this.#parts.runtime.clock.monotonic();
  }
}
