import type { Clock, Timer } from "../../runtime/ports/clock.ts";
import { backoff } from "../send/backoff.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LeaderLock } from "./leader-lock.ts";
import type { Claim, Lease } from "./lease.ts";
import { LeaseWatch } from "./lease-watch.ts";
import { type QueueStore, StaleTermError } from "../storage.ts";

/** What leading needs. */
export interface LeadershipParts {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly fraction: () => number;
  /** Milliseconds of the same beat after which a leader counts as gone. */
  readonly lease: number;
  /** Names this one among all who have the storage open. */
  readonly id: string;
  /** What others shall know of the leader. */
  readonly says: () => string;
  /** Something waits here: whether somebody else has got it done is looked for more often. */
  readonly eager: () => boolean;
  /** False when this process may not lead: what waits there goes elsewhere now. Asked when a term has begun. */
  readonly admits: (term: number) => Promise<boolean>;
  /** A term began, and all that was known of the storage is out of date. */
  readonly onBegin: (term: number) => void;
  /** The term is over. */
  readonly onEnd: () => void;
  /** Called with each look, by who follows with the lease. */
  readonly onLook: (lease: Lease | undefined) => Promise<void>;
  /** Gives the milliseconds until the storage is worth another try. */
  readonly onTrouble: (cause: unknown) => number;
}

/**
 * Decides whether this process drains the storage. One does: whoever holds the lock of the platform, or the lease where
 * there is none. A leader that gives no sign of life for a minute of a follower's own time is followed by that one, and
 * stops by itself long before, if it lives.
 */
export class Leadership {
  readonly #parts: LeadershipParts;
  readonly #lock: LeaderLock;
  readonly #watch: LeaseWatch;
  readonly #heartbeat: Heartbeat;
  #wanted = false;
  #stopped = false;
  /** Monotonic time before which no term is begun. */
  #notBefore = 0;
  #lost = 0;
  /** The latest term when this one was not admitted: until another begins, nothing can have changed. */
  #barred: number | undefined;
  #timer: Timer | undefined;
  /** There is more to say than with the last beat. */
  #news = false;
  #retryIn = 0;
  #looking = false;
  #again = false;
  /** Number of the term of which this one is the leader; 0 while it follows. */
  term = 0;

  constructor(parts: LeadershipParts) {
    const { store, clock, lease } = parts;
    this.#parts = parts;
    this.#lock = new LeaderLock({
      store,
      wanted: () => this.#wanted,
      onChange: () => this.look(),
      onStolen: () => this.lost(this.term),
    });
    this.#watch = new LeaseWatch(lease);
    this.#heartbeat = new Heartbeat(clock);
  }

  /** Nobody can stall here while others go on. */
  get #alone(): boolean {
    return this.#parts.store.locks?.stalls === false;
  }

  /** Wants to lead, or lets go. */
  want(wanted: boolean): void {
    if (wanted === this.#wanted || this.#stopped) return;
    // Where all share one thread nobody else is faster: there is no use in handing over.
    if (!wanted && this.#alone && this.term > 0) return;
    this.#wanted = wanted;
    if (wanted) this.look();
    else void this.#letGo();
  }

  /** Lets go at once: the lock is free, and lock requests are off, before anything is waited for. */
  rest(): void {
    this.#wanted = false;
    this.#lock.release();
    this.#timer?.cancel();
    void this.#letGo();
  }

  /**
   * Called right before each request that changes something on the server.
   *
   * @throws StaleTermError when the term is over.
   */
  async check(term: number): Promise<void> {
    const isSilent = (): boolean => !this.#alone && this.#heartbeat.silence() >= this.#parts.lease / 2;
    do {
      if (term !== this.term) throw new StaleTermError("Cannot send as another leader took over");
      if (isSilent()) await this.#beat();
      else await this.#parts.store.verify(term);
      // The process may have been stopped while it waited for the storage.
    } while (isSilent());
  }

  /** Something was done: drives the beat where timers are held back; `news` are told at once. */
  poke(news: boolean): void {
    if (this.term === 0 || this.#alone) return;
    this.#news ||= news;
    if (this.#news || this.#isDue()) this.look();
  }

  /** A change was refused as the term is over. */
  lost(term: number): void {
    if (term !== this.term || term === 0) return;
    this.term = 0;
    const now = this.#now();
    this.#lost = now - this.#heartbeat.last.monotonic < this.#parts.lease ? this.#lost + 1 : 1;
    this.#notBefore = now + backoff(this.#lost, this.#parts.fraction());
    this.#parts.onEnd();
    this.look();
  }

  /** The storage is another one than before, and so may its lock be. */
  renew(): void {
    this.#lock.release();
    if (this.term > 0) this.lost(this.term);
    else this.look();
  }

  /** Looks at the lease now. */
  look(): void {
    this.#again = true;
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    void this.#lookOn();
  }

  /** Lets go for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#letGo();
  }

  async #lookOn(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        this.#retryIn = 0;
        await this.#lookOnce();
      }
    } finally {
      this.#looking = false;
      this.#plan();
    }
  }

  async #lookOnce(): Promise<void> {
    try {
      // Whoever leads is told that the term is over by the next beat, and before each request.
      if (this.term > 0 && (this.#news || this.#isDue())) await this.#beat();
      const lease = this.term === 0 ? await this.#parts.store.lease() : undefined;
      if (lease && this.term === 0 && this.#wanted) await this.#seek(lease);
      if (!this.#stopped) await this.#parts.onLook(lease);
    } catch (error) {
      if (error instanceof StaleTermError) this.lost(this.term);
      else this.#retryIn = this.#parts.onTrouble(error);
    }
  }

  #plan(): void {
    this.#timer?.cancel();
    if (this.#again && !this.#stopped) this.look();
    else if (!this.#stopped) {
      const ms = this.#retryIn || this.#pause();
      if (ms < Number.POSITIVE_INFINITY) this.#timer = this.#parts.clock.after(Math.ceil(ms), () => this.look());
    }
  }

  /** Milliseconds until the next look. */
  #pause(): number {
    const { store, lease, eager } = this.#parts;
    const wait = this.#wanted && this.term === 0 ? this.#notBefore - this.#now() : 0;
    if (wait > 0) return wait;
    if (this.#alone) return Number.POSITIVE_INFINITY;
    const often = store.broadcast ? this.term === 0 && !store.locks && eager() : this.term > 0 || eager();
    return often ? lease / 60 : lease / 6;
  }

  async #seek(lease: Lease): Promise<void> {
    const lock = this.#lock;
    const now = this.#now();
    this.#watch.look(lease, now);
    if (now < this.#notBefore || lease.term === this.#barred) return;
    if (lock.held) {
      // One who holds the lock leads, unless somebody took over who had good reason to ignore it.
      if (!lease.held || this.#alone || !lock.used) await this.#begin({ locked: true });
      else this.#unlockFor(now);
    } else if (!lock.exists && (!lease.held || lease.says.includes(this.#parts.id))) await this.#begin({ seen: lease });
    else if (this.#watch.still >= this.#parts.lease && !this.#alone) {
      await this.#begin({ seen: lease, locked: await lock.steal() });
    } else if (lease.locked || !lease.held || this.#alone) lock.ask(now);
  }

  /** Gives the lock back to whom it does not belong any more. */
  #unlockFor(now: number): void {
    this.#lock.release(now + this.#parts.lease / 2);
  }

  async #begin(claim: Claim): Promise<void> {
    const at = this.#heartbeat.now();
    const term = await this.#parts.store.beginTerm({ ...claim, says: this.#parts.says() });
    if (term === 0) return;
    if (!(await this.#parts.admits(term))) {
      this.#barred = term;
      await this.#parts.store.endTerm(term);
      this.#unlockFor(at.monotonic);
      return;
    }
    this.#lock.used = true;
    this.#watch.still = 0;
    this.term = term;
    this.#heartbeat.last = at;
    if (!this.#wanted || this.#stopped) await this.#letGo();
    else this.#parts.onBegin(term);
  }

  async #beat(): Promise<void> {
    const at = this.#heartbeat.now();
    const { store, says } = this.#parts;
    this.#news = false;
    await store.beat(this.term, { locked: this.#lock.held, says: says() });
    this.#heartbeat.last = at;
  }

  async #letGo(): Promise<void> {
    const { term } = this;
    this.term = 0;
    this.#lock.cancel();
    if (term > 0) {
      this.#parts.onEnd();
      await this.#parts.store.endTerm(term).catch(() => undefined);
    }
    this.#lock.release();
  }

  #isDue(): boolean {
    return !this.#alone && this.#heartbeat.silence() >= this.#parts.lease / 6;
  }

  #now(): number {
    return this.#parts.clock.monotonic();
  }
}
