import type { Timer } from "../../runtime/ports/clock.ts";
import type { Walk } from "../lead/follower.ts";
import { parseNote } from "../lead/note-text.ts";
import { StaleTermError } from "../storage.ts";
import type { HostState } from "../types.ts";
import { Bounds } from "./bounds.ts";
import { Delivery } from "./delivery.ts";
import { Departures } from "./departures.ts";
import { guardedClient } from "./guarded-client.ts";
import { HostGate } from "./host-gate.ts";
import type { LoopParts } from "./loop-parts.ts";
import { Patience } from "./patience.ts";
import { Reader } from "./reader.ts";
import { Scheduler } from "./scheduler.ts";
import { OVERWRITTEN } from "./words-of-fates.ts";

/** Milliseconds of silence after which a request that nobody waits for is given up, at least. */
const LEAST_PATIENCE = 1_000;

/** Sends what a storage holds, chunk by chunk, while this process leads: the only reader of chunks, and the only one that deletes them. */
export class DeliveryLoop {
  readonly #parts: LoopParts;
  readonly #view: Scheduler;
  readonly #reader: Reader;
  readonly #gate: HostGate;
  readonly #bounds: Bounds;
  readonly #departures: Departures;
  /** Where a request holds up the end of the program. */
  readonly #patience: Patience | undefined;
  /** Of the present term. */
  #delivery: Delivery | undefined;
  #abort = new AbortController();
  #again = false;
  #looping = false;
  #timer: Timer | undefined;
  #running = false;
  #stopped = false;
  /** The last term that began; 0 before the first one. */
  #last = 0;
  /** Those who keep anything more from going. */
  #holds = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#view = new Scheduler(parts.runtime.clock);
    this.#reader = new Reader(parts.store, this.#view);
    this.#gate = new HostGate(() => parts.runtime.random.fraction());
    this.#bounds = new Bounds(parts, this.#view);
    this.#departures = new Departures({
      ...parts,
      view: this.#view,
      delivery: () => this.#delivery!,
      wake: (ms) => (ms === undefined ? this.wake() : this.#wakeIn(ms)),
      storageFailed: (cause, term) => this.#storageFailed(cause, term),
    });
    const { clock, lifecycle } = parts.runtime;
    const { waited, settings } = parts;
    if (lifecycle.lingers)
      this.#patience = new Patience({ clock, waited, limit: Math.max(settings.exitTimeout, LEAST_PATIENCE) });
  }

  get #leads(): boolean {
    return this.#parts.term() > 0;
  }

  get #sends(): boolean {
    return this.#running && this.#leads && this.#holds === 0;
  }

  /** There is something to send or to make room for, or something is on its way. */
  get wants(): boolean {
    return !this.#stopped && (this.#running || this.#departures.count > 0 || this.#bounds.crowded);
  }

  get host(): HostState {
    return this.#gate.state;
  }

  /** Times that the host gave no answer, failed, or refused everybody. */
  get misses(): number {
    return this.#gate.misses;
  }

  /** The server is known to keep a point once that it gets twice. */
  get keepsOnce(): boolean {
    return this.#gate.keepsOnce(this.#parts.settings.readBack) === true;
  }

  /** Milliseconds since the first put of the oldest chunk in view. */
  get age(): number {
    return this.#view.age(this.#now());
  }

  /** No request is in flight, and none that was given up may change anything. */
  async isCertain(): Promise<boolean> {
    const { doubts, merged } = parseNote(await this.#parts.store.note());
    // Whoever leads knows more than is kept.
    const certain = (await this.#delivery?.isCertain()) ?? (doubts.length === 0 && !merged);
    return certain && this.idle;
  }

  /** No request is in flight. */
  get idle(): boolean {
    return this.#departures.count === 0;
  }

  /** Sends, or only keeps the storage within its bounds. */
  run(running: boolean): void {
    this.#running = running;
    this.#parts.onWant();
    if (running) this.wake();
  }

  /** A term began. */
  begin(term: number): void {
    const client = guardedClient(this.#parts.client, () => this.#parts.check(term), this.#patience);
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const { lease, counts } = this.#parts.opened;
    // What was put here before this first term was sent by nobody.
    const opened = !lease.held && term === lease.term + 1 ? counts.order : undefined;
    const its = { term, signal, opened };
    this.#delivery = new Delivery({ ...this.#parts, client }, this.#view, this.#reader, this.#gate, its);
    this.#reset();
    if (this.#last > 0 && term !== this.#last + 1) this.#renew();
    this.#last = term;
    this.doubt();
    this.grew();
  }

  /** Another one led since the last term: what was found then may be so no more. */
  #renew(): void {
    const { problems } = this.#parts;
    this.#view.renew();
    this.#gate.renew(this.#now());
    // What is so still is found, and told again.
    problems.solve("server-unreachable");
    for (const { kind, run } of problems.list()) {
      if (kind === "server-refused") problems.solve(kind, run, run && OVERWRITTEN);
    }
  }

  /** The term is over. */
  end(): void {
    this.#abort.abort();
    this.#reset();
  }

  /** Something may have left the storage that was not counted here: that is found out before anything is sent. */
  doubt(): void {
    this.#bounds.doubtful = true;
  }

  /** The storage has got more. `counted` says that the bytes in the ledger are those with it. */
  grew(counted = false): void {
    this.#bounds.grew(counted);
    this.#patience?.renew();
    this.#reader.appended();
    this.wake();
  }

  /** Chunks up to this place in the order shall not wait for more points. */
  urge(order: number): void {
    this.#view.urgent = Math.max(this.#view.urgent, order);
    this.wake();
  }

  /** True when all that is waited for is delivered, but what is parked. */
  clear({ order, runs }: Walk, first?: boolean): boolean {
    return this.#reader.reached(order) && this.#view.clear(order, runs, first);
  }

  /** True while a run waits for a person. */
  parks(localId: string): boolean {
    return this.#view.parks(localId);
  }

  parked(): readonly string[] {
    return [...this.#view.parked()].map((run) => run.id);
  }

  /** Place below which all that the storage holds waits for a person. */
  get stillTo(): number {
    return Math.min(this.#reader.end, this.#view.stillTo);
  }

  /** Lets a probe go now. */
  hurry(): void {
    this.#gate.hurry();
    this.#view.hurry();
    this.wake();
  }

  /** Lets nothing more go until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.wake();
    };
  }

  /** Takes parked runs up again. */
  unpark(): void {
    for (const run of [...this.#view.parked()]) {
      this.#view.unpark(run);
      this.#parts.problems.solve("run-parked", run.id);
    }
    this.#delivery?.mender.hurry();
    this.#reader.interrupt();
    this.hurry();
  }

  /** Ends all requests. */
  stop(): void {
    this.#running = false;
    this.#stopped = true;
    this.#abort.abort();
    this.#timer?.cancel();
  }

  /** Counts what the server has, and was to get once more, as delivered: nobody stays for that. `keep` has it go with the next program. */
  async concede(keep: boolean): Promise<void> {
    for (const [run, item] of this.#view.again()) {
      if (run.busy || !item.file) continue;
      if (keep) this.#parts.ledger.settle(item.header, "acknowledged");
      else await this.#parts.books.during(item.file.done);
      this.#view.remove(run, item);
    }
  }

  /** Looks for something to do. */
  wake(): void {
    this.#again = true;
    if (this.#looping || this.#stopped) return;
    this.#looping = true;
    void this.#loopOn();
  }

  async #loopOn(): Promise<void> {
    try {
      await this.#loop();
      this.#parts.trouble.works();
    } catch (error) {
      this.#storageFailed(error);
    } finally {
      this.#looping = false;
      this.#parts.onChange();
      // Somebody may have called between the end of the loop and this.
      if (this.#again) this.wake();
    }
  }

  async #loop(): Promise<void> {
    const { settings } = this.#parts;
    const { concurrency, flushInterval } = settings;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      if (this.#bounds.doubtful && this.#leads) await this.#bounds.compare();
      if (this.#bounds.grown) await this.#bounds.makeRoom(this.#delivery);
      if (!this.#sends) continue;
      await this.#delivery?.ready();
      const now = this.#now();
      // What nobody wants to have sent any more waits for no server.
      for (let next = this.#view.pickDiscarded(now); next; next = this.#view.pickDiscarded(now)) {
        void this.#departures.deliver(next.run, next.item);
      }
      // What earlier processes left goes in rounds: between two of them a process that has nothing else to do may end.
      const most = this.#departures.count > 0 && !this.#parts.awaited() ? 0 : concurrency;
      const allowed = Math.min(most, this.#gate.allows(concurrency, now));
      // A completion drives the loop; a timer is only for what has to wait.
      let at = most > 0 && allowed === 0 ? this.#gate.until : Number.POSITIVE_INFINITY;
      // Where only one goes, a chunk that always fails shall not keep runs in doubt from being it, nor they a chunk.
      if (allowed === 1 && this.#departures.wasChunk) at = Math.min(at, this.#mend(now, allowed));
      const isProbe = allowed === 1 && allowed < concurrency;
      while (this.#sends && this.#departures.count < allowed) {
        const next = this.#view.pick(now, flushInterval, isProbe);
        if (!next) {
          at = this.#view.wakeAt;
          // Page by page, as long as nothing that is known can go: others shall not wait for a long backlog.
          if (await this.#reader.read(now)) this.#again = true;
          break;
        }
        void this.#departures.deliver(next.run, next.item);
        // A probe that always fails shall not keep what waits behind it from being the next one.
        if (isProbe) await this.#reader.read(now);
      }
      at = Math.min(at, this.#mend(now, allowed));
      this.#timer?.cancel();
      if (at < Number.POSITIVE_INFINITY && !this.#again) this.#wakeIn(at - now);
    }
  }

  /** Looks after runs in doubt; gives the time of the next look. */
  #mend(now: number, allowed: number): number {
    while (this.#sends && this.#departures.count < allowed)
      if (!this.#departures.mend(now)) return this.#delivery!.mender.wakeAt;
    return Number.POSITIVE_INFINITY;
  }

  /** Gives the milliseconds until the next try. */
  #storageFailed(cause: unknown, term: number = this.#parts.term()): number {
    if (cause instanceof StaleTermError) {
      this.#parts.onLost(term);
      return 0;
    }
    const ms = this.#parts.trouble.after(cause);
    this.#wakeIn(ms);
    return ms;
  }

  #reset(): void {
    this.#view.reset();
    this.#reader.reset();
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
