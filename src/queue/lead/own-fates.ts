import { tryDecode } from "../chunk/content.ts";
import type { Ledger } from "../account/ledger.ts";
import { waitsHere } from "../account/waits-here.ts";
import type { Problems } from "../problems.ts";
import { asideProblem, OVERWRITTEN, parkedProblem } from "../send/words-of-fates.ts";
import type { QueueStore, StorageCounts } from "../storage.ts";
import type { ToldAside } from "./told-aside.ts";
import { NAMED } from "./leader-state.ts";
import { parseNote } from "./note-text.ts";
import type { Outlook } from "./outlook.ts";

const PAGE = 64;
/** Pages of what was set aside that are read at one look. */
const PAGES = 4;

/** What telling needs. */
export interface OwnFatesParts {
  readonly store: Pick<QueueStore, "quarantined" | "quarantinedChunk" | "note">;
  readonly ledger: Ledger;
  readonly problems: Pick<Problems, "report" | "solve" | "list">;
  readonly toldAside: ToldAside;
  readonly outlook: Pick<Outlook, "heard" | "parked">;
  /** The first place at which something lies that was put here; undefined when none is known. */
  readonly first: () => number | undefined;
}

/** How far a reading came, and what was known at its beginning. */
interface Reading {
  at: number;
  readonly aside: string;
  readonly next: number;
}

/**
 * Tells who logs here what the leader, in another process, found of it: what the server refuses, of which only the person
 * of that process would hear otherwise. In the same words, and nothing of what others logged.
 */
export class OwnFates {
  readonly #parts: OwnFatesParts;
  #last: Promise<void> = Promise.resolve();
  /** Runs that were told to wait for a person, and who led when they last were known to. */
  readonly #parked = new Map<string, string>();
  /** Those of which the note did not say yet why. */
  readonly #unexplained = new Set<string>();
  /** Another one led since all that was set aside was read last. */
  #followed = false;
  /** What was set aside in all, when that was read last. */
  #aside: string;
  /** Place above which all lies that was set aside since, and the one that is taken for it when nothing was. */
  #from: number;
  #next: number;
  /** The reading that is under way. */
  #reading: Reading | undefined;

  /** @param opened What the storage had counted before anything was put there. */
  constructor(parts: OwnFatesParts, { quarantined, order }: Pick<StorageCounts, "quarantined" | "order">) {
    this.#parts = parts;
    this.#from = this.#next = Math.floor(order);
    this.#aside = JSON.stringify(quarantined);
  }

  /** The storage is another one than before. */
  reset(): void {
    this.#from = this.#next = 0;
    this.#aside = "";
    this.#reading = undefined;
    this.#parts.toldAside.reset();
  }

  /** Looks once, as who follows or leads. Who leads tells by itself what it does, but not what another one did before. */
  look(counts: StorageCounts, leads: boolean): Promise<void> {
    const { toldAside, store } = this.#parts;
    const looked = this.#last
      .then(() => this.#look(JSON.stringify(counts.quarantined), leads))
      .then(() => toldAside.look(store, counts));
    this.#last = looked.catch(() => {});
    return looked;
  }

  async #look(aside: string, leads: boolean): Promise<void> {
    await this.#forget(leads);
    if (!leads) {
      this.#hear();
      await this.#tellParked();
      await this.#forgetDoubts();
    }
    // What is set aside lies where it waited: what waits here now is the first that may come to that.
    const { first } = this.#parts;
    const next = Math.max(0, (first() ?? this.#next + 1) - 1);
    this.#followed ||= !leads;
    if (!this.#followed) this.#aside = aside;
    if (aside !== this.#aside) this.#reading ??= { at: this.#from, aside, next };
    if (this.#reading) await this.#read(this.#reading);
    else {
      // What was set aside since the amount was read may have left what waits here by now.
      this.#from = this.#next;
      this.#next = next;
      this.#followed = !leads;
    }
  }

  /** What the leader says of the host, also of what was told here before that one led. */
  #hear(): void {
    const { problems, outlook, ledger } = this.#parts;
    const { refusal, host, by } = outlook.heard;
    if (refusal !== undefined) problems.report({ kind: "server-refused", message: refusal });
    // Another leader asks the server itself before it says anything.
    else if (host === "ok" && by !== ledger.writer) {
      problems.solve("server-unreachable");
      problems.solve("server-refused");
    }
  }

  /** Takes back what is over: the run goes on, or nothing of it is left. */
  async #forget(leads: boolean): Promise<void> {
    const { ledger, outlook, store } = this.#parts;
    const { heard } = outlook;
    const by = leads ? ledger.writer : heard.by;
    const parked = new Set(outlook.parked());
    // Who leads has told of all of them.
    const known = leads ? parked : [...parked].filter((run) => this.#parked.has(run));
    for (const run of known) this.#parked.set(run, by);
    const few = heard.parkedRuns.length < NAMED;
    const before: string[] = [];
    for (const [run, when] of this.#parked) {
      if (parked.has(run)) continue;
      if (!waitsHere(ledger, run) || (!leads && by === when && few)) this.#goesOn(run);
      else if (!leads && by !== "" && by !== when) before.push(run);
    }
    if (before.length === 0 || !few || this.#parked.size >= NAMED) return;
    // Another leader finds out for itself that it cannot go on; until then it is noted as the one before left it.
    const noted = new Map(parseNote(await store.note()).parked);
    for (const run of before) if (!noted.has(run)) this.#goesOn(run);
  }

  #goesOn(run: string): void {
    this.#parked.delete(run);
    this.#parts.problems.solve("run-parked", run);
  }

  /** Takes back that a run has older values, told as the leader, when another one has made sure of it. */
  async #forgetDoubts(): Promise<void> {
    const { ledger, outlook, problems, store } = this.#parts;
    const { by } = outlook.heard;
    const told = problems.list().filter(({ key }) => key === OVERWRITTEN);
    if (told.length === 0 || by === "" || by === ledger.writer) return;
    const { doubts, merged } = parseNote(await store.note());
    for (const { run } of told) {
      if (!merged && !doubts.some(([id]) => id === run)) problems.solve("server-refused", run, OVERWRITTEN);
    }
  }

  async #tellParked(): Promise<void> {
    const { store, ledger, outlook, problems } = this.#parts;
    const untold = outlook.parked().filter((run) => !this.#parked.has(run) && waitsHere(ledger, run));
    if (untold.length === 0) return;
    const reasons = new Map(parseNote(await store.note()).parked);
    for (const run of untold) {
      const reason = reasons.get(run);
      // The note may come a moment later than what the leader says; of very many runs it does not say why.
      if (reason === undefined && !this.#unexplained.has(run)) this.#unexplained.add(run);
      else {
        this.#unexplained.delete(run);
        this.#parked.set(run, outlook.heard.by);
        problems.report(parkedProblem(run, reason ?? "the server does not let anybody write it"));
      }
    }
  }

  /** Reads some pages of what was set aside, and tells what of it was logged here. */
  async #read(reading: Reading): Promise<void> {
    const { store, ledger, toldAside } = this.#parts;
    for (let pages = 0; pages < PAGES; pages++) {
      const page = await store.quarantined(reading.at, PAGE);
      for (const { order, writer, run } of page) {
        if (writer === ledger.writer && toldAside.lacks(order)) await this.#tellChunk(order, run);
        reading.at = order;
      }
      if (reading !== this.#reading) return;
      if (page.length === PAGE) continue;
      this.#reading = undefined;
      this.#aside = reading.aside;
      this.#from = this.#next;
      this.#next = reading.next;
      return;
    }
  }

  async #tellChunk(order: number, run: string): Promise<void> {
    const { store, toldAside } = this.#parts;
    const chunk = await store.quarantinedChunk(order);
    // Somebody took it out meanwhile.
    if (chunk) toldAside.tell(order, asideProblem(run, tryDecode(chunk), chunk.reason));
  }
}
