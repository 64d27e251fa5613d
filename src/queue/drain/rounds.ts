import type { Books } from "../account/books.ts";
import type { ParkedAmount } from "../account/parked-amount.ts";
import type { Follower } from "../lead/follower.ts";
import type { Leadership } from "../lead/leader.ts";
import type { Lease } from "../lead/lease.ts";
import type { Oldest } from "../lead/oldest.ts";
import type { Outlook } from "../lead/outlook.ts";
import { OwnFates } from "../lead/own-fates.ts";
import type { Presence } from "../lead/presence.ts";
import { Recovery } from "../lead/recovery.ts";
import type { DeliveryLoop } from "../send/delivery-loop.ts";
import type { StorageCounts } from "../storage.ts";
import type { EngineParts } from "./engine-parts.ts";

/** What a round looks after. */
export interface RoundsParts extends EngineParts {
  readonly lease: number;
  readonly leadership: Leadership;
  readonly loop: DeliveryLoop;
  readonly follower: Follower;
  readonly books: Books;
  readonly parked: ParkedAmount;
  readonly oldest: Oldest;
  readonly outlook: Outlook;
  readonly presence: Presence;
  /** This one leads, and sends. */
  readonly sends: () => boolean;
}

/** What is done at each look at the lease: what others did is seen, and what only time brings on is done. */
export class Rounds {
  readonly #parts: RoundsParts;
  readonly #fates: OwnFates;
  readonly #recovery: Recovery | undefined;
  /** Last place in the order that is known to be given. */
  #order = 0;
  /** Monotonic times of the next sign of life, and of the next look for runs of dead processes. */
  #appearAt = 0;
  #recoverAt = 0;

  constructor(parts: RoundsParts) {
    const { books, durable, runtime, ledger, opened } = parts;
    this.#parts = parts;
    this.#fates = new OwnFates({ ...parts, first: () => books.first }, opened.counts);
    this.#recovery = durable ? new Recovery({ ...parts, clock: runtime.clock, writer: ledger.writer }) : undefined;
  }

  /** A term began: runs of dead processes are looked for at once. */
  begin(): void {
    this.#recoverAt = 0;
  }

  /** The storage is another one than before. */
  reset(): void {
    this.#parts.oldest.reset();
    this.#fates.reset();
  }

  /** One look at the lease, and at what others did. */
  async look(lease: Lease | undefined): Promise<void> {
    const { outlook, follower, leadership, loop, books, runtime, onChange } = this.#parts;
    const leads = (): boolean => leadership.term > 0;
    if (lease?.held) outlook.hear(lease.says);
    if (follower.isAsked) await follower.look(!leads());
    if (!leads()) loop.doubt();
    const seen = leads() ? undefined : await books.comparison.look(follower.hasCleared());
    const counts = await books.refresh(leads(), seen);
    if (leads() && counts.order > this.#order) loop.grew();
    this.#order = counts.order;
    await this.#measure(counts);
    const now = runtime.clock.monotonic();
    if (now >= this.#appearAt) await this.#appear(now);
    if (now >= this.#recoverAt && leads()) await this.#recover(now);
    onChange();
  }

  /** Brings the figures of the ledger up to date. */
  async refresh(): Promise<void> {
    const { books, leadership } = this.#parts;
    if (leadership.term === 0) await books.comparison.look(true);
    await this.#measure(await books.refresh(false));
  }

  /** How much waits for a person, how long the rest does, and what became of what was logged here. */
  async #measure(counts: StorageCounts): Promise<void> {
    const { outlook, parked, ledger, oldest, sends, leadership } = this.#parts;
    const waiting = outlook.parked();
    await parked.count(waiting, ledger.dropped, counts);
    // Who sends has the oldest in view.
    if (sends()) oldest.forget();
    else await oldest.look(counts, waiting);
    await this.#fates.look(counts, leadership.term > 0);
  }

  /** Shows now and then that this process lives: that is a write, and more of them would show nothing more. */
  async #appear(now: number): Promise<void> {
    await this.#parts.presence.beat();
    this.#appearAt = now + this.#parts.lease / 6;
  }

  /** Ends the runs of dead processes, now and then. */
  async #recover(now: number): Promise<void> {
    if (!this.#recovery) return;
    this.#recoverAt = now + this.#parts.lease / 6;
    if (await this.#recovery.run(this.#parts.leadership.term)) this.#parts.loop.grew();
  }
}
