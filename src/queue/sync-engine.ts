import { StorageError } from "../errors/usage-errors.ts";
import { backoff } from "./backoff.ts";
import { HostGate } from "./host-gate.ts";
import { Delivery } from "./delivery.ts";
import { add, amountOf } from "./ledger.ts";
import { makeRoom } from "./make-room.ts";
import { Reader } from "./reader.ts";
import type { Item, RunState } from "./run-state.ts";
import type { Timer } from "../runtime/ports/clock.ts";
import { Scheduler } from "./scheduler.ts";
import { StaleTermError } from "./storage.ts";
import type { HostState } from "./types.ts";
import type { DeliveryParts } from "./verdicts.ts";

const STORAGE_RETRY = 1_000;
/** Another process holds the lock for milliseconds: tried again so soon, so often, before anybody is told. */
const BUSY_RETRY = 20;
const BUSY_TRIES = 50;
/** A term that stood so long was no quarrel between two who drain the same storage. */
const SETTLED = 60_000;

/** What the engine needs. */
export interface EngineParts extends DeliveryParts {
  /** Bytes of bodies that may wait in the store. */
  readonly maxBytes: () => number;
  /** Called after everything that may let somebody go on who waits. */
  readonly onChange: () => void;
}

/** Drains a storage: the only reader of chunks, and the only one that deletes them. */
export class SyncEngine {
  readonly #parts: EngineParts;
  readonly #view = new Scheduler();
  readonly #reader: Reader;
  readonly #gate: HostGate;
  readonly #delivery: Delivery;
  readonly #abort = new AbortController();
  #term = 0;
  /** Monotonic times at which the term began, and before which no new one does. */
  #begun = 0;
  #notBefore = 0;
  /** Terms that were taken away soon after they began, and tries in a row that met a lock. */
  #lost = 0;
  #busy = 0;
  /** The storage may be too full. */
  #grown = false;
  #again = false;
  #looping = false;
  #inFlight = 0;
  #timer: Timer | undefined;
  #release: (() => void) | undefined;
  #running = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#reader = new Reader(parts.store, this.#view);
    this.#gate = new HostGate(() => parts.runtime.random.fraction());
    this.#delivery = new Delivery(parts, this.#view, this.#gate, this.#abort.signal);
  }

  get host(): HostState {
    return this.#gate.state;
  }

  /** Times that the host gave no answer, or one that refuses everybody. */
  get misses(): number {
    return this.#gate.misses;
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
    this.#grown = true;
    this.#reader.appended();
    this.wake();
  }

  /** Begins anew with all that the storage holds: it is another one than before, or another leader was at it. */
  restart(): void {
    this.#term = 0;
    this.#view.reset();
    this.#reader.reset();
    this.wake();
  }

  /** Chunks up to this place in the order shall not wait for more points. */
  urge(order: number): void {
    this.#view.urgent = Math.max(this.#view.urgent, order);
    this.wake();
  }

  /** True when all up to a place in the order is delivered, of some runs or of all, but what is parked. */
  clear(order: number, runs?: ReadonlySet<string>): boolean {
    return this.#reader.reached(order) && this.#view.clear(order, runs);
  }

  /** True while a run waits for a person. */
  parks(localId: string): boolean {
    return this.#view.parks(localId);
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
      this.#view.unpark(run);
      this.#parts.problems.solve("run-parked", run.id);
    }
    this.#reader.interrupt();
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
    const { settings } = this.#parts;
    const { concurrency, flushInterval } = settings;
    while (this.#again && !this.#abort.signal.aborted) {
      this.#again = false;
      if (this.#term === 0 && !(await this.#begin())) break;
      if (this.#grown) await this.#makeRoom();
      if (!this.#running) continue;
      const now = this.#now();
      const allowed = this.#gate.allows(concurrency, now);
      // A completion drives the loop; a timer is only for what has to wait.
      let at = allowed === 0 ? this.#gate.until : Number.POSITIVE_INFINITY;
      while (this.#running && this.#inFlight < allowed) {
        const next = this.#view.pick(now, flushInterval);
        if (!next) {
          at = this.#view.wakeAt;
          // Page by page, as long as nothing that is known can go: others shall not wait for a long backlog.
          if (await this.#reader.read(now)) this.#again = true;
          break;
        }
        void this.#deliver(next.run, next.item);
      }
      this.#timer?.cancel();
      if (at < Number.POSITIVE_INFINITY && !this.#again) this.#wakeIn(at - now);
    }
  }

  /** Begins a term, unless one was lost so shortly ago that the other leader is left in peace for now. */
  async #begin(): Promise<boolean> {
    const now = this.#now();
    if (now < this.#notBefore) {
      this.#wakeIn(this.#notBefore - now);
      return false;
    }
    this.#term = await this.#parts.store.beginTerm();
    this.#begun = now;
    return true;
  }

  async #deliver(run: RunState, item: Item): Promise<void> {
    const term = this.#term;
    const { inFlight } = this.#parts.ledger;
    const amount = amountOf(item.header);
    this.#inFlight++;
    add(inFlight, amount);
    // A delivery on its way keeps the process alive; waiting for the next try does not.
    this.#release ??= this.#parts.runtime.lifecycle.keepAlive();
    try {
      // What the server has acknowledged is not sent again when only the storage failed.
      item.finish ??= await this.#delivery.attempt(run, item, term);
      if (item.finish) {
        await item.finish();
        this.#view.remove(run, item);
        this.#busy = 0;
      }
    } catch (error) {
      item.until = this.#now() + this.#storageFailed(error, term);
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
    const limit = this.#parts.maxBytes();
    const { reserved } = this.#view;
    await makeRoom({
      ...this.#parts,
      whenFull: this.#parts.settings.whenFull,
      term: this.#term,
      limit,
      reserve: (chunk) => !this.#view.touched(chunk) && Boolean(reserved.add(chunk.order)),
      release: (order) => reserved.delete(order),
    });
  }

  /** Gives the milliseconds until the next try. */
  #storageFailed(cause: unknown, term: number = this.#term): number {
    if (cause instanceof StaleTermError) {
      if (term === this.#term) this.#deposed();
      return 0;
    }
    if (cause instanceof StorageError && cause.fault === "busy" && ++this.#busy <= BUSY_TRIES) {
      this.#wakeIn(BUSY_RETRY);
      return BUSY_RETRY;
    }
    const message = `Cannot read or change the queue in "${this.#parts.name}": it is tried again`;
    this.#parts.problems.report({ kind: "storage", message, cause });
    this.#wakeIn(STORAGE_RETRY);
    return STORAGE_RETRY;
  }

  /** Another leader drains the storage, or it was moved aside or emptied: a new term begins, ever later. */
  #deposed(): void {
    const now = this.#now();
    this.#lost = now - this.#begun < SETTLED ? this.#lost + 1 : 1;
    this.#notBefore = now + backoff(this.#lost, this.#parts.runtime.random.fraction());
    this.restart();
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
