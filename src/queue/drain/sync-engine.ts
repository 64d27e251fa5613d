import { Admission } from "./admission.ts";
import type { EngineParts } from "./engine-parts.ts";
import { Books } from "../account/books.ts";
import { total } from "../amount.ts";
import { DeliveryLoop } from "../send/delivery-loop.ts";
import { Follower, type Walk } from "../lead/follower.ts";
import { Leadership } from "../lead/leader.ts";
import { Oldest } from "../lead/oldest.ts";
import { Outlook } from "../lead/outlook.ts";
import { Openings } from "../lead/openings.ts";
import { ParkedAmount } from "../account/parked-amount.ts";
import { Presence } from "../lead/presence.ts";
import { QueueChannel, type QueueMessage } from "../lead/queue-channel.ts";
import { Rounds } from "./rounds.ts";
import { StorageTrouble } from "../send/storage-trouble.ts";
import type { QueueStore } from "../storage.ts";
import type { HostState } from "../types.ts";

const LEASE = 60_000;

/**
 * The part of a process in the draining of a storage: it leads, and delivers, or follows whoever does, and knows in both
 * cases what became of what was logged here.
 */
export class SyncEngine {
  readonly #parts: EngineParts;
  readonly #leadership: Leadership;
  readonly #loop: DeliveryLoop;
  readonly #follower: Follower;
  readonly #channel: QueueChannel;
  readonly #books: Books;
  readonly #parked: ParkedAmount;
  readonly #rounds: Rounds;
  readonly presence: Presence;
  /** What others may end in its place. */
  readonly openings: Openings;
  /** How the server answered at the last request. */
  #said: HostState = "unknown";
  /** Sends, if it leads. */
  #running = false;
  /** The page may be stopped in the next moment, or was. */
  #resting = false;
  /** Times that it was. */
  #rests = 0;
  /** How delivery goes, here or wherever the leader is. */
  readonly outlook: Outlook;
  /** Lets nothing more go from here until the returned function is called. */
  readonly hold: () => () => void = () => this.#loop.hold();
  /** Puts what is logged here into the storage. */
  readonly intake: Pick<QueueStore, "append">;

  constructor(parts: EngineParts) {
    const { store, runtime, ledger, lease = LEASE } = parts;
    const { clock, random } = runtime;
    const trouble = new StorageTrouble(parts);
    this.#parts = parts;
    const admission = new Admission(parts, parts.opened.lease.term);
    this.presence = new Presence(store, ledger.writer);
    this.openings = new Openings(store, this.presence);
    this.#books = new Books(ledger, store, parts.opened.counts, this.openings);
    this.intake = this.#books.intake;
    const oldest = new Oldest(store, clock);
    this.#parked = new ParkedAmount(store, (chunk) => this.#books.owns(chunk));
    this.#channel = new QueueChannel(store.broadcast, clock, (message) => this.#told(message));
    this.#follower = new Follower({
      ...parts,
      parks: (run, order) => this.outlook.parksThere(run) || this.outlook.stillThere(run, order),
    });
    this.#leadership = new Leadership({
      store,
      clock,
      lease,
      fraction: () => random.fraction(),
      id: ledger.writer,
      says: () => this.outlook.says(),
      eager: () => this.#follower.isAsked || ledger.waiting.points + ledger.waiting.requests > 0,
      admits: (term) => admission.admits(term),
      onBegin: (term) => this.#begin(term),
      onEnd: () => this.#end(),
      onLook: (seen) => this.#rounds.look(seen).then(() => trouble.works()),
      onTrouble: (cause) => trouble.after(cause),
    });
    this.#loop = new DeliveryLoop({
      ...parts,
      books: this.#books,
      trouble,
      term: () => this.#leadership.term,
      check: (term) => this.#leadership.check(term),
      onLost: (term) => this.#leadership.lost(term),
      onWant: () => this.#want(),
      onDone: () => this.#done(),
    });
    this.outlook = new Outlook({
      ledger,
      problems: parts.problems,
      loop: this.#loop,
      parkedElsewhere: this.#parked,
      oldest,
      leads: () => this.leads,
    });
    this.#rounds = new Rounds({
      ...parts,
      lease,
      leadership: this.#leadership,
      loop: this.#loop,
      follower: this.#follower,
      books: this.#books,
      parked: this.#parked,
      oldest,
      outlook: this.outlook,
      presence: this.presence,
      sends: () => this.leads && this.#running,
    });
  }

  /** This one drains the storage. */
  get leads(): boolean {
    return this.#leadership.term > 0;
  }

  /** The server is known to keep a point once that it gets twice. */
  get keepsOnce(): boolean {
    return this.#loop.keepsOnce;
  }

  /** No request of this process is in flight. */
  get idle(): boolean {
    return this.#loop.idle;
  }

  /** Nothing waits in the storage or is set aside there, and no run is in doubt. */
  async isSpent(): Promise<boolean> {
    const { store } = this.#parts;
    const [heads, { quarantined }] = await Promise.all([store.heads(0, 1), store.status()]);
    return heads.length + total(quarantined) === 0 && (await this.#loop.isCertain());
  }

  /** Sends, or only keeps the storage within its bounds. */
  run(running: boolean): void {
    this.#running = running;
    this.#loop.run(running);
    if (!running) this.#leadership.look();
  }

  /** This process has put more into the storage. */
  appended(): void {
    this.#loop.grew(this.#books.isCounted);
    if (!this.leads) this.#channel.tell({ kind: "appended" });
    if (!this.leads || !this.#running) this.#leadership.look();
  }

  /** Puts that told the figures of the storage. */
  get counted(): number {
    return this.#books.counted;
  }

  /** True when the last put told the figures of the storage, and there are no others that count: nothing has to be read. */
  get isCounted(): boolean {
    return this.leads && this.#books.isCounted && this.outlook.parked().length === 0;
  }

  /** Begins anew with all that the storage holds: it is another one than before. */
  restart(): void {
    this.#follower.reset();
    this.#books.reset();
    this.#parked.reset();
    this.#rounds.reset();
    this.#leadership.renew();
    void this.presence.show();
    this.#loop.wake();
  }

  /** Chunks up to this place in the order shall not wait for more points. */
  urge(order: number): void {
    this.#loop.urge(order);
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

  /** True when all that is waited for is delivered; `first`: what goes once more is. */
  clear(walk: Walk, first?: boolean): boolean {
    return walk.clear || (this.leads && this.#loop.clear(walk, first));
  }

  /** Looks now what others have got done. */
  look(): void {
    this.#leadership.look();
  }

  /** Lets a probe go now: the network may be back, or somebody says so. */
  hurry(): void {
    this.#loop.hurry();
    if (!this.leads) this.#channel.tell({ kind: "hurry", unpark: false });
  }

  /** Takes parked runs up again. */
  unpark(): void {
    this.#parked.reset();
    this.#loop.unpark();
    if (!this.leads) this.#channel.tell({ kind: "hurry", unpark: true });
  }

  /** What is put back from quarantine, and what is forgotten, by whoever leads. */
  get quarantine(): Pick<Books, "release" | "discard"> {
    return this.#books;
  }

  /** Brings the figures of the ledger up to date. */
  refresh(): Promise<void> {
    return this.#rounds.refresh();
  }

  /** Ends all requests. */
  stop(): void {
    this.#loop.stop();
  }

  /** Counts what the server has, and was to get once more, as delivered, and forgets it unless it is to be kept. */
  concede(keep: boolean): Promise<void> {
    return this.#loop.concede(keep).catch(() => {});
  }

  /** Lets others lead. */
  async release(): Promise<void> {
    this.stop();
    this.#resting = true;
    const { leads } = this;
    await this.#leadership.stop();
    if (leads) this.#channel.tell({ kind: "released" });
    this.#channel.leave();
    this.presence.leave();
  }

  /**
   * Lets go at once of what would keep others from sending while the page is frozen: the lock and the requests of the
   * leader. Of a page that goes into the back-forward cache also of all that would keep it out.
   */
  rest(cached: boolean): void {
    if (!this.#resting) {
      this.#leadership.rest();
      this.#channel.tell({ kind: "released" });
    }
    this.#resting = true;
    this.#rests++;
    this.openings.doubt();
    if (!cached) return;
    this.#channel.leave();
    this.presence.leave();
  }

  /** Goes on after `rest`. Gives a way to ask whether it still does; undefined when it did not rest. */
  rise(): (() => boolean) | undefined {
    if (!this.#resting) return undefined;
    this.#resting = false;
    this.#channel.join();
    this.presence.join();
    this.#want();
    this.#leadership.look();
    this.hurry();
    // Of what was begun since, too.
    this.openings.doubt();
    const rests = this.#rests;
    return () => !this.#resting && rests === this.#rests;
  }

  #want(): void {
    this.#leadership.want(!this.#resting && this.#loop.wants);
  }

  #begin(term: number): void {
    this.#rounds.begin();
    this.#loop.begin(term);
    this.#channel.changed(() => this.outlook.says());
  }

  #end(): void {
    this.outlook.ended();
    this.#loop.end();
    // What was put as the leader was told to nobody.
    this.#channel.tell({ kind: "appended" });
  }

  /** A request was answered, or was not. */
  #done(): void {
    this.#want();
    const { host } = this.#loop;
    // Who hears no messages reads of it in the lease.
    this.#leadership.poke(host !== this.#said && !this.#parts.store.broadcast);
    this.#said = host;
    this.#channel.changed(() => this.outlook.says());
    this.#parts.onChange();
  }

  #told(message: QueueMessage): void {
    if (message.kind === "appended") {
      if (!this.leads) return;
      this.#loop.grew();
    } else if (message.kind === "hurry") {
      if (message.unpark) this.#loop.unpark();
      else this.#loop.hurry();
      return;
    } else if (message.kind === "changed") this.outlook.hear(message.says);
    this.#leadership.look();
  }
}
