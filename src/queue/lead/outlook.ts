import { add, type Count } from "../amount.ts";
import type { DeliveryLoop } from "../send/delivery-loop.ts";
import { type LeaderState, NAMED, readLeaderState, writeLeaderState } from "./leader-state.ts";
import type { Oldest } from "./oldest.ts";
import { waitsHere } from "../account/waits-here.ts";
import type { Ledger } from "../account/ledger.ts";
import type { ParkedAmount } from "../account/parked-amount.ts";
import type { Problems } from "../problems.ts";
import type { Amount, HostState } from "../types.ts";

/** What an outlook needs. */
export interface OutlookParts {
  readonly ledger: Ledger;
  readonly loop: Pick<DeliveryLoop, "host" | "misses" | "age" | "parks" | "parked" | "stillTo">;
  readonly problems: Pick<Problems, "list">;
  /** What waits of parked runs and was not logged here. */
  readonly parkedElsewhere: Pick<ParkedAmount, "amount">;
  readonly oldest: Pick<Oldest, "age">;
  /** This process leads. */
  readonly leads: () => boolean;
}

/** How delivery goes: as this process sees it while it leads, else as the leader said last. */
export class Outlook {
  readonly #parts: OutlookParts;
  /** As it said last, or as this one said when it led. */
  #leader: LeaderState = readLeaderState("");
  /** Runs that were logged to here, wait for a person, and are not among those that the leader named. */
  readonly #unnamed = new Set<string>();

  constructor(parts: OutlookParts) {
    this.#parts = parts;
  }

  /** How the server answers whoever leads. */
  get host(): HostState {
    return (this.#leads ? this.#parts.loop : this.#leader).host;
  }

  /** Times that the host gave no answer, failed, or refused everybody. */
  get misses(): number {
    return (this.#leads ? this.#parts.loop : this.#leader).misses;
  }

  /** Milliseconds since the first put of the oldest chunk that waits for no person. */
  get age(): number {
    // The leader said how it was at that time, and what it has in view it reads only while it sends.
    return Math.max(this.#leads ? this.#parts.loop.age : 0, this.#parts.oldest.age);
  }

  /** In requests of whoever leads. */
  get inFlight(): Amount {
    return this.#leads ? this.#parts.ledger.inFlight : this.#leader.inFlight;
  }

  /** True while a run waits for a person. */
  parks(localId: string): boolean {
    return this.#leads ? this.#parts.loop.parks(localId) : this.parksThere(localId);
  }

  /** The same, as the leader said last. */
  parksThere(localId: string): boolean {
    return this.#leader.parkedRuns.includes(localId) || this.#unnamed.has(localId);
  }

  /** True for what was found to wait, by its place, when it waits for a person as the leader said last, without naming all. */
  stillThere(run: string, order: number): boolean {
    const { stillTo, parkedRuns } = this.#leader;
    // Where all are named, what another one is found to have waiting was delivered before this was said.
    if (parkedRuns.length < NAMED || order >= stillTo) return false;
    if (waitsHere(this.#parts.ledger, run) && !this.parksThere(run)) this.#unnamed.add(run);
    return true;
  }

  /** What the leader said last. */
  get heard(): LeaderState {
    return this.#leader;
  }

  /** Runs that wait for a person. */
  parked(): readonly string[] {
    return this.#leads ? this.#parts.loop.parked() : [...this.#leader.parkedRuns, ...this.#unnamed];
  }

  /** What waits of parked runs and was logged here. */
  get parkedHere(): Amount {
    return this.#parkedOf(this.parked(), {});
  }

  /** What waits of parked runs. */
  get parkedAmount(): Amount {
    const parked = this.#parkedOf(this.parked());
    if (this.#leads || this.#leader.by === this.#parts.ledger.writer) return parked;
    const { points, requests } = this.#leader.parked;
    return { points: Math.max(points, parked.points), requests: Math.max(requests, parked.requests) };
  }

  /** What the others shall know of this leader. */
  says(): string {
    return writeLeaderState(this.#state());
  }

  /** The leader said something of itself. */
  hear(says: string): void {
    if (this.#leads) return;
    const { by, stillTo } = this.#leader;
    this.#leader = readLeaderState(says);
    const goesOn = this.#leader.by !== by || this.#leader.stillTo < stillTo || this.#leader.parkedRuns.length < NAMED;
    if (goesOn) this.#unnamed.clear();
  }

  /** This one leads no more. */
  ended(): void {
    this.#leader = this.#state();
    this.#unnamed.clear();
  }

  get #leads(): boolean {
    return this.#parts.leads();
  }

  #state(): LeaderState {
    const { ledger, loop, problems } = this.#parts;
    const { host, misses, age, stillTo } = loop;
    const runs = loop.parked();
    const parked = this.#parkedOf(runs);
    // Of many, those first that others want to hear of.
    const isOwn = (run: string): number => Number(waitsHere(ledger, run));
    const parkedRuns = runs.length > NAMED ? runs.toSorted((a, b) => isOwn(a) - isOwn(b)) : runs;
    const refusal = problems.list().find(({ kind, run }) => kind === "server-refused" && run === undefined)?.message;
    const inFlight = { ...ledger.inFlight };
    return { by: ledger.writer, host, misses, lag: age, inFlight, parked, parkedRuns, stillTo, refusal };
  }

  /** What waits of runs: of what was logged here all, of what others did as much as was counted last. */
  #parkedOf(runs: readonly string[], elsewhere: Partial<Amount> = this.#parts.parkedElsewhere.amount): Amount {
    const { ledger } = this.#parts;
    const parked: Count = { points: 0, requests: 0, ...elsewhere };
    for (const id of runs) {
      const account = ledger.find(id);
      if (account) add(parked, account.waiting);
    }
    return parked;
  }
}
