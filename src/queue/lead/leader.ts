import type { Clock, Timer } from "../../runtime/ports/clock.ts";
import { backoff } from "../send/backoff.ts";
import type { Claim, Lease } from "./lease.ts";
import { type QueueStore, StaleTermError } from "../storage.ts";

const LOCK = "leader";

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

/** Two clocks, of which one may stand while the process sleeps and the other jump. */
interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * Decides whether this process drains the storage. One does: whoever holds the lock of the platform, or the lease where
 * there is none. A leader that gives no sign of life for a minute of a follower's own time is followed by that one, and
 * stops by itself long before, if it lives.
 */
export class Leadership {
  readonly #parts: LeadershipParts;
  #wanted = false;
  #stopped = false;
  /** Lets go of the lock. */
  #unlock: (() => void) | undefined;
  /** A term began with this lock. */
  #used = false;
  /** Ends waiting for the lock. */
  #asking: AbortController | undefined;
  #broken = false;
  /** Monotonic times before which no lock is asked for, and no term begun. */
  #askAfter = 0;
  #notBefore = 0;
  #lost = 0;
  /** The latest term when this one was not admitted: until another begins, nothing can have changed. */
  #barred: number | undefined;
  /** The lease as it was seen last, for how long it was the same, and when that was looked at. */
  #seen: Lease | undefined;
  #still = 0;
  #lookedAt = 0;
  #beaten: Moment;
  #timer: Timer | undefined;
  /** There is more to say than with the last beat. */
  #news = false;
  #retryIn = 0;
  #looking = false;
  #again = false;
  /** Number of the term of which this one is the leader; 0 while it follows. */
  term = 0;

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
    this.#beaten = this.#now();
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
    this.#unlock?.();
    this.#unlock = undefined;
    this.#timer?.cancel();
    void this.#letGo();
  }

  /**
   * Called right before each request that changes something on the server.
   *
   * @throws StaleTermError when the term is over.
   */
  async check(term: number): Promise<void> {
    const isSilent = (): boolean => !this.#alone && this.#silence() >= this.#parts.lease / 2;
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
    const now = this.#now().monotonic;
    this.#lost = now - this.#beaten.monotonic < this.#parts.lease ? this.#lost + 1 : 1;
    this.#notBefore = now + backoff(this.#lost, this.#parts.fraction());
    this.#parts.onEnd();
    this.look();
  }

  /** The storage is another one than before, and so may its lock be. */
  renew(): void {
    this.#unlock?.();
    this.#unlock = undefined;
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
    const wait = this.#wanted && this.term === 0 ? this.#notBefore - this.#now().monotonic : 0;
    if (wait > 0) return wait;
    if (this.#alone) return Number.POSITIVE_INFINITY;
    const often = store.broadcast ? this.term === 0 && !store.locks && eager() : this.term > 0 || eager();
    return often ? lease / 60 : lease / 6;
  }

  async #seek(lease: Lease): Promise<void> {
    const { store, id } = this.#parts;
    const locks = this.#broken ? undefined : store.locks;
    const { monotonic: now } = this.#now();
    this.#watch(lease, now);
    if (now < this.#notBefore || lease.term === this.#barred) return;
    if (this.#unlock) {
      // One who holds the lock leads, unless somebody took over who had good reason to ignore it.
      if (!lease.held || this.#alone || !this.#used) await this.#begin({ locked: true });
      else this.#unlockFor(now);
    } else if (!locks && (!lease.held || lease.says.includes(id))) await this.#begin({ seen: lease });
    else if (this.#still >= this.#parts.lease && !this.#alone) {
      this.#asking?.abort();
      const unlock = await locks?.acquire(LOCK, { steal: true, onLost: () => this.#stolen() }).catch(() => {
        this.#broken = true;
      });
      if (unlock) this.#locked(unlock);
      await this.#begin({ seen: lease, locked: Boolean(unlock) });
    } else if (locks && !this.#asking && now >= this.#askAfter && (lease.locked || !lease.held || this.#alone))
      this.#ask(locks);
  }

  /** Asks for the lock; where the platform says when it is free, that may take hours. */
  #ask(locks: NonNullable<QueueStore["locks"]>): void {
    const asking = new AbortController();
    this.#asking = asking;
    const over = (): void => {
      if (this.#asking === asking) this.#asking = undefined;
    };
    locks.acquire(LOCK, { wait: asking.signal, onLost: () => this.#stolen() }).then(
      (unlock) => {
        over();
        if (!unlock) return;
        if (asking.signal.aborted || !this.#wanted) unlock();
        else {
          this.#locked(unlock);
          this.look();
        }
      },
      () => {
        over();
        if (asking.signal.aborted) return;
        // No lock can be had here, whoever leads: then the lease alone decides.
        this.#broken = true;
        this.look();
      },
    );
  }

  #locked(unlock: () => void): void {
    this.#unlock?.();
    this.#unlock = unlock;
    this.#used = false;
  }

  #stolen(): void {
    this.#unlock = undefined;
    this.lost(this.term);
  }

  /** Gives the lock back to whom it does not belong any more. */
  #unlockFor(now: number): void {
    this.#unlock?.();
    this.#unlock = undefined;
    this.#askAfter = now + this.#parts.lease / 2;
  }

  async #begin(claim: Claim): Promise<void> {
    const at = this.#now();
    const term = await this.#parts.store.beginTerm({ ...claim, says: this.#parts.says() });
    if (term === 0) return;
    if (!(await this.#parts.admits(term))) {
      this.#barred = term;
      await this.#parts.store.endTerm(term);
      this.#unlockFor(at.monotonic);
      return;
    }
    this.#used = true;
    this.#still = 0;
    this.term = term;
    this.#beaten = at;
    if (!this.#wanted || this.#stopped) await this.#letGo();
    else this.#parts.onBegin(term);
  }

  async #beat(): Promise<void> {
    const at = this.#now();
    const { store, says } = this.#parts;
    this.#news = false;
    await store.beat(this.term, { locked: this.#unlock !== undefined, says: says() });
    this.#beaten = at;
  }

  async #letGo(): Promise<void> {
    const { term } = this;
    this.term = 0;
    this.#asking?.abort();
    this.#asking = undefined;
    if (term > 0) {
      this.#parts.onEnd();
      await this.#parts.store.endTerm(term).catch(() => undefined);
    }
    this.#unlock?.();
    this.#unlock = undefined;
  }

  /**
   * Counts for how long the lease did not change. A pause of one's own counts for little: then the leader had no chance to
   * be seen either, as on a computer that was asleep.
   */
  #watch(lease: Lease, now: number): void {
    const same = this.#seen?.term === lease.term && this.#seen.beat === lease.beat;
    this.#still = same ? this.#still + Math.min(now - this.#lookedAt, this.#parts.lease / 4) : 0;
    this.#seen = lease;
    this.#lookedAt = now;
  }

  #isDue(): boolean {
    return !this.#alone && this.#silence() >= this.#parts.lease / 6;
  }

  /** Milliseconds since the last beat, by the clock that says more. */
  #silence(): number {
    const { monotonic, wall } = this.#now();
    return Math.max(monotonic - this.#beaten.monotonic, wall - this.#beaten.wall);
  }

  #now(): Moment {
    const { clock } = this.#parts;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }
}
