import type { Clock } from "../../runtime/ports/clock.ts";
import { isEnd } from "../chunk/request.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import type { Presence } from "./presence.ts";

/** Milliseconds between two tries to note a run as open, where nothing is put by itself. */
const RETRY = 10_000;

/**
 * The runs that this writer has begun or resumed and not ended: others end them in its place once they take it for dead. One
 * that is put while nobody can see that this process lives is not noted as open, or it would be ended at once. That is made
 * up for later: a run that is never noted stays open for ever when its process dies.
 */
export class Openings {
  readonly #store: Pick<QueueStore, "desired">;
  readonly #presence: Pick<Presence, "show">;
  readonly open: Set<string> = new Set();
  /** Those of them that were put without the note that they are, and of which nobody was asked to make up for it. */
  readonly #owed = new Set<string>();
  /** Runs that were open when this process could be taken for dead. */
  readonly doubted: Set<string> = new Set();
  #reminds = false;

  constructor(store: Pick<QueueStore, "desired">, presence: Pick<Presence, "show">) {
    this.#store = store;
    this.#presence = presence;
  }

  /** Some run is to be noted as open. */
  get owes(): boolean {
    return this.#owed.size > 0;
  }

  /** Others may take this process for dead, and end all that it has open. */
  doubt(): void {
    for (const run of this.open) this.doubted.add(run);
  }

  /** The drafts as they are to be put. One that ends a run does so whoever can be seen to live. */
  async before(given: readonly ChunkDraft[]): Promise<readonly ChunkDraft[]> {
    const opening = given.filter(({ opens }) => opens === true);
    for (const { run } of opening) this.open.add(run);
    if (opening.length === 0 || (await this.#presence.show())) return given;
    for (const { run } of opening) this.#owed.add(run);
    return given.map(({ opens, ...draft }) => (opens === false ? { ...draft, opens } : draft));
  }

  /** Notes that drafts were put. */
  after(drafts: readonly ChunkDraft[]): void {
    for (const { run, opens } of drafts) {
      if (opens !== false) continue;
      this.open.delete(run);
      this.#owed.delete(run);
    }
  }

  /** Runs that can be noted as open now, by whoever calls; none that another process has ended since. */
  async due(): Promise<readonly string[]> {
    if (!this.owes || !(await this.#presence.show())) return [];
    const due: string[] = [];
    for (const run of this.#owed) if (!isEnd((await this.#store.desired(run)) ?? {})) due.push(run);
    this.#owed.clear();
    return due;
  }

  /** Calls back some time later, while a run is to be noted as open. */
  remind(clock: Clock, put: () => void): void {
    if (!this.owes || this.#reminds) return;
    this.#reminds = true;
    clock.after(RETRY, () => {
      this.#reminds = false;
      put();
    });
  }
}
