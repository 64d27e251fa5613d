import type { Timer } from "../runtime/ports/clock.ts";
import { Books } from "./books.ts";
import { Delivery } from "./delivery.ts";
import { Follower, type Walk } from "./follower.ts";
import { guardedClient } from "./guarded-client.ts";
import { HostGate } from "./host-gate.ts";
import { Leadership } from "./leader.ts";
import { type LeaderState, readLeaderState, writeLeaderState } from "./leader-state.ts";
import type { Lease } from "./lease.ts";
import { add, amountOf, type Count } from "./amount.ts";
import { makeRoom } from "./make-room.ts";
import { Presence } from "./presence.ts";
import { QueueChannel, type QueueMessage } from "./queue-channel.ts";
import { Reader } from "./reader.ts";
import { Recovery } from "./recovery.ts";
import type { Item, RunState } from "./run-state.ts";
import { Scheduler } from "./scheduler.ts";
import { StorageTrouble } from "./storage-trouble.ts";
import { type QueueStore, StaleTermError, type StorageCounts } from "./storage.ts";
import type { Amount, HostState } from "./types.ts";
import type { DeliveryParts } from "./verdicts.ts";

const LEASE = 60_000;

/** What the engine needs. */
export interface EngineParts extends DeliveryParts {
  /** Bytes of bodies that may wait in the store. */
  readonly maxBytes: () => number;
  /** Called after everything that may let somebody go on who waits. */
  readonly onChange: () => void;
  /** Runs whose mapping somebody waits for. */
  readonly sought: ReadonlyMap<string, unknown>;
  /** What the storage had counted when it was opened. */
  readonly counts: StorageCounts;
  /** What is put there survives the process. */
  readonly durable: boolean;
  /** Milliseconds without a sign of life after which a leader counts as gone. @default 60000 */
  readonly lease?: number | undefined;
}

/** Drains a storage, while it leads: the only reader of chunks then, and the only one that deletes them. */
export class SyncEngine {
  readonly #parts: EngineParts;
  readonly #view = new Scheduler();
  readonly #reader: Reader;
  readonly #gate: HostGate;
  readonly #trouble: StorageTrouble;
  readonly #leadership: Leadership;
  readonly #follower: Follower;
  readonly #channel: QueueChannel;
  readonly #books: Books;
  readonly #presence: Presence;
  readonly #recovery: Recovery | undefined;
  /** Monotonic time of the next look for runs of dead processes. */
  #recoverAt = 0;
  /** Of the present term. */
  #delivery: Delivery | undefined;
  #abort = new AbortController();
  /** As it said last, or as this one said when it led. */
  #leader: LeaderState = readLeaderState("");
  /** Last place in the order that is known to be given. */
  #order = 0;
  /** The storage may be too full; it is, and nobody else is known to see to that. */
  #grown = false;
  #crowded = false;
  /** Another leader may have settled what was put here. */
  #doubtful = false;
  #again = false;
  #looping = false;
  #inFlight = 0;
  #timer: Timer | undefined;
  #release: (() => void) | undefined;
  #running = false;
  #stopped = false;
  /** Puts what is logged here into the storage. */
  readonly intake: Pick<QueueStore, "append">;

  constructor(parts: EngineParts) {
    const { store, runtime, ledger, lease = LEASE } = parts;
    const { clock, random } = runtime;
    this.#parts = parts;
    this.#presence = new Presence(store, ledger.writer);
    this.#recovery = parts.durable ? new Recovery({ store, clock, writer: ledger.writer, lease }) : undefined;
    this.#reader = new Reader(store, this.#view);
    this.#gate = new HostGate(() => random.fraction());
    this.#trouble = new StorageTrouble(parts.name, parts.problems);
    this.#books = new Books(ledger, store, parts.counts, this.#presence);
    this.#channel = new QueueChannel(store.broadcast, clock, (message) => this.#told(message));
    this.#follower = new Follower({ ...parts, parks: (run) => this.#leader.parkedRuns.includes(run) });
    this.intake = this.#books.intake;
    this.#leadership = new Leadership({
      store,
      clock,
      lease,
      fraction: () => random.fraction(),
      id: ledger.writer,
      says: () => this.#says(),
      eager: () => this.#follower.isAsked || ledger.waiting.points + ledger.waiting.requests > 0,
      onBegin: (term) => this.#begin(term),
      onEnd: () => this.#end(),
      onLook: (lease) => this.#look(lease),
      onTrouble: (cause) => this.#trouble.after(cause),
    });
  }

  /** This one drains the storage. */
  get leads(): boolean {
    return this.#leadership.term > 0;
  }

  get host(): HostState {
    return this.leads ? this.#gate.state : this.#leader.host;
  }

  /** Times that the host gave no answer, or one that refuses everybody. */
  get misses(): number {
    return this.leads ? this.#gate.misses : this.#leader.misses;
  }

  /** Milliseconds since the oldest chunk in view came into view. */
  get age(): number {
    return this.leads ? this.#view.age(this.#now()) : this.#leader.lag;
  }

  /** In requests of whoever leads. */
  get inFlight(): Amount {
    return this.leads ? this.#parts.ledger.inFlight : this.#leader.inFlight;
  }

  /** No request is in flight. */
  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /** Sends, or only keeps the storage within its bounds. */
  run(running: boolean): void {
    this.#running = running;
    this.#want();
    if (running) this.wake();
  }

  /** This process has put more into the storage. */
  appended(): void {
    this.#grew();
    this.#channel.tell({ kind: "appended" });
    if (!this.leads) this.#leadership.look();
  }

  /** Begins anew with all that the storage holds: it is another one than before. */
  restart(): void {
    this.#follower.reset();
    this.#books.reset();
    this.#leadership.lost(this.#leadership.term);
    this.wake();
  }

  /** Chunks up to this place in the order shall not wait for more points. */
  urge(order: number): void {
    this.#view.urgent = Math.max(this.#view.urgent, order);
    this.wake();
  }

  /** Begins to wait for all up to a place in the order, of some runs or of all, but what is parked. */
  walk(order: number, runs?: ReadonlySet<string>): Walk {
    const walk = this.#follower.walk(order, runs);
    if (!this.leads) this.#leadership.look();
    return walk;
  }

  /** Ends waiting. */
  forget(walk: Walk | undefined): void {
    this.#follower.forget(walk);
  }

  /** True when all that is waited for is delivered. */
  clear({ order, runs, clear }: Walk): boolean {
    return clear || (this.leads && this.#reader.reached(order) && this.#view.clear(order, runs));
  }

  /** Looks now what others have got done. */
  look(): void {
    this.#leadership.look();
  }

  /** True while a run waits for a person. */
  parks(localId: string): boolean {
    return this.leads ? this.#view.parks(localId) : this.#leader.parkedRuns.includes(localId);
  }

  parked(): readonly string[] {
    return this.leads ? [...this.#view.parked()].map((run) => run.id) : this.#leader.parkedRuns;
  }

  /** Lets a probe go now: the network may be back, or somebody says so. */
  hurry(): void {
    this.#hurry();
    if (!this.leads) this.#channel.tell({ kind: "hurry", unpark: false });
  }

  /** Takes parked runs up again. */
  unpark(): void {
    this.#unpark();
    if (!this.leads) this.#channel.tell({ kind: "hurry", unpark: true });
  }

  /** Brings the figures of the ledger up to date. */
  async refresh(): Promise<void> {
    if (!this.leads) await this.#books.compare(true);
    await this.#books.refresh(false);
  }

  /** Ends all requests. */
  stop(): void {
    this.#running = false;
    this.#stopped = true;
    this.#abort.abort();
    this.#timer?.cancel();
  }

  /** Lets others lead. */
  async release(): Promise<void> {
    this.stop();
    const { leads } = this;
    await this.#leadership.stop();
    if (leads) this.#channel.tell({ kind: "released" });
    this.#channel.leave();
    this.#presence.leave();
  }

  /** Looks for something to do. */
  wake(): void {
    this.#again = true;
    if (this.#looping || this.#stopped) return;
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
    while (this.#again && !this.#stopped) {
      this.#again = false;
      if (this.#grown) await this.#makeRoom();
      if (this.#doubtful && this.leads) {
        // What another leader has delivered must not be counted again, or for ever be waited for.
        await this.#books.compare(true);
        this.#doubtful = false;
      }
      if (!this.#running || !this.leads) continue;
      await this.#delivery?.ready();
      const now = this.#now();
      const allowed = this.#gate.allows(concurrency, now);
      // A completion drives the loop; a timer is only for what has to wait.
      let at = allowed === 0 ? this.#gate.until : Number.POSITIVE_INFINITY;
      while (this.#running && this.leads && this.#inFlight < allowed) {
        const next = this.#view.pick(now, flushInterval);
        if (!next) {
          at = this.#view.wakeAt;
          // Page by page, as long as nothing that is known can go: others shall not wait for a long backlog.
          if (await this.#reader.read(now)) this.#again = true;
          break;
        }
        void this.#deliver(next.run, next.item);
      }
      at = Math.min(at, this.#mend(now, allowed));
      this.#timer?.cancel();
      if (at < Number.POSITIVE_INFINITY && !this.#again) this.#wakeIn(at - now);
    }
  }

  async #deliver(run: RunState, item: Item): Promise<void> {
    const { term } = this.#leadership;
    const { inFlight } = this.#parts.ledger;
    const amount = amountOf(item.header);
    this.#inFlight++;
    add(inFlight, amount);
    // A delivery on its way keeps the process alive; waiting for the next try does not.
    this.#release ??= this.#parts.runtime.lifecycle.keepAlive();
    try {
      // What the server has acknowledged is not sent again when only the storage failed.
      item.finish ??= await this.#delivery!.attempt(run, item, term);
      const { finish } = item;
      if (finish) {
        await this.#books.during(finish);
        this.#view.remove(run, item);
        this.#trouble.over();
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
      this.#want();
      this.#leadership.poke();
      this.#channel.changed(() => this.#says());
      this.#parts.onChange();
      this.wake();
    }
  }

  /** Looks after runs in doubt; gives the time of the next look. */
  #mend(now: number, allowed: number): number {
    const { mender } = this.#delivery!;
    const { term } = this.#leadership;
    while (this.#running && this.leads && this.#inFlight < allowed) {
      const run = mender.pick(now);
      if (!run) return mender.wakeAt;
      this.#inFlight++;
      void mender
        .look(run)
        .catch((error: unknown) => this.#storageFailed(error, term))
        .finally(() => {
          this.#view.done(run);
          this.#inFlight--;
          this.#want();
          this.#parts.onChange();
          this.wake();
        });
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Leads when there is something to send or to make room for, and as long as something is on its way. */
  #want(): void {
    this.#leadership.want(!this.#stopped && (this.#running || this.#inFlight > 0 || this.#crowded));
  }

  #begin(term: number): void {
    const client = guardedClient(this.#parts.client, () => this.#leadership.check(term));
    this.#abort = new AbortController();
    this.#delivery = new Delivery({ ...this.#parts, client }, this.#view, this.#reader, this.#gate, {
      term,
      signal: this.#abort.signal,
    });
    this.#view.reset();
    this.#reader.reset();
    this.#recoverAt = 0;
    this.#grew();
    this.#channel.changed(() => this.#says());
  }

  #end(): void {
    this.#leader = this.#state();
    this.#abort.abort();
    this.#view.reset();
    this.#reader.reset();
  }

  /** One look at the lease, and at what others did. */
  async #look({ held, says }: Lease): Promise<void> {
    const { onChange } = this.#parts;
    if (!this.leads && held) this.#leader = readLeaderState(says);
    await this.#follower.look(!this.leads);
    if (!this.leads) {
      this.#doubtful = true;
      await this.#books.compare(this.#follower.hasCleared());
    }
    const { order } = await this.#books.refresh(this.leads);
    if (this.leads && order > this.#order) this.#grew();
    this.#order = order;
    await this.#presence.beat();
    await this.#recover();
    onChange();
  }

  /** Ends the runs of dead processes, now and then. */
  async #recover(): Promise<void> {
    const { lease = LEASE } = this.#parts;
    if (!this.#recovery || !this.leads || this.#now() < this.#recoverAt) return;
    this.#recoverAt = this.#now() + lease / 6;
    if (await this.#recovery.run(this.#leadership.term)) this.#grew();
  }

  #told(message: QueueMessage): void {
    if (message.kind === "appended") {
      if (!this.leads) return;
      this.#grew();
      this.#leadership.look();
    } else if (message.kind === "hurry" && message.unpark) this.#unpark();
    else if (message.kind === "hurry") this.#hurry();
    else {
      if (message.kind === "changed" && !this.leads) this.#leader = readLeaderState(message.says);
      this.#leadership.look();
    }
  }

  #grew(): void {
    this.#grown = true;
    this.#reader.appended();
    this.wake();
  }

  #hurry(): void {
    this.#gate.hurry();
    this.#view.hurry();
    this.wake();
  }

  #unpark(): void {
    for (const run of [...this.#view.parked()]) {
      this.#view.unpark(run);
      this.#parts.problems.solve("run-parked", run.id);
    }
    this.#reader.interrupt();
    this.#hurry();
  }

  async #makeRoom(): Promise<void> {
    this.#grown = false;
    const limit = this.#parts.maxBytes();
    const { store, ledger } = this.#parts;
    const { term } = this.#leadership;
    if (term === 0) {
      // Only who leads may drop what is stored; who does not send leads for that alone.
      ledger.bytes = (await store.status()).bytes;
      this.#crowded = ledger.bytes > limit;
    } else {
      const { reserved } = this.#view;
      const delivery = this.#delivery!;
      await delivery.ready();
      await this.#books.during(() =>
        makeRoom({
          ...this.#parts,
          whenFull: this.#parts.settings.whenFull,
          term,
          limit,
          reserve: (chunk) =>
            !this.#view.touched(chunk) && !delivery.maySent(chunk.order) && Boolean(reserved.add(chunk.order)),
          release: (order) => reserved.delete(order),
        }),
      );
      this.#crowded = false;
    }
    this.#want();
  }

  /** Gives the milliseconds until the next try. */
  #storageFailed(cause: unknown, term: number = this.#leadership.term): number {
    if (cause instanceof StaleTermError) {
      this.#leadership.lost(term);
      return 0;
    }
    const ms = this.#trouble.after(cause);
    this.#wakeIn(ms);
    return ms;
  }

  #says(): string {
    return writeLeaderState(this.#state());
  }

  #state(): LeaderState {
    const { ledger } = this.#parts;
    const parked: Count = { points: 0, requests: 0 };
    const parkedRuns = [...this.#view.parked()].map(({ id }) => id);
    for (const id of parkedRuns) add(parked, ledger.find(id)?.waiting ?? parked, ledger.find(id) ? 1 : 0);
    return {
      by: ledger.writer,
      host: this.#gate.state,
      misses: this.#gate.misses,
      lag: this.#view.age(this.#now()),
      inFlight: { ...ledger.inFlight },
      parked,
      parkedRuns,
    };
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
