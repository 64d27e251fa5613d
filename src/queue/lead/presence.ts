import type { QueueStore } from "../storage.ts";

const PAGE = 200;

/** Name of the lock of a writer. */
export function writerLock(writer: string): string {
  return `writer-${writer}`;
}

/**
 * Shows the others that this process lives, for as long as it has the storage open, so that nobody ends its runs in its
 * place: by a lock that the platform lets go of at its death, or by beats where there are no locks.
 */
export class Presence {
  readonly #store: QueueStore;
  readonly #writer: string;
  #showing: Promise<boolean> | undefined;
  #beating = false;
  #unlock: (() => void) | undefined;
  /** Times that it was left. */
  #left = 0;

  constructor(store: QueueStore, writer: string) {
    this.#store = store;
    this.#writer = writer;
  }

  /**
   * Called before a run is stored as open; false when nobody can see for now that this process lives. Asks for the lock
   * also while it is held: a lock of files is void when these were removed, and is taken anew then.
   */
  async show(): Promise<boolean> {
    this.#showing ??= this.#show().finally(() => {
      this.#showing = undefined;
    });
    return this.#showing;
  }

  /** Called now and then. */
  async beat(): Promise<void> {
    if (this.#beating) await this.#store.appear(this.#writer);
  }

  /** This process ends, closes the storage, or may be stopped for long. It may be shown again. */
  leave(): void {
    this.#left++;
    this.#beating = false;
    this.#unlock?.();
    this.#unlock = undefined;
  }

  /** Runs of this writer that nobody has ended. */
  async openRuns(): Promise<ReadonlySet<string>> {
    const runs = new Set<string>();
    for (let after = ""; ; ) {
      const page = await this.#store.openRuns(after, PAGE);
      for (const { run, writer } of page) if (writer === this.#writer) runs.add(run);
      if (page.length < PAGE) return runs;
      after = page.at(-1)!.run;
    }
  }

  async #show(): Promise<boolean> {
    const { locks } = this.#store;
    if (!locks) {
      this.#beating = true;
      return true;
    }
    const left = this.#left;
    // Where locks can be had and this one cannot, its runs are left alone: others would take the process for dead.
    const unlock = await locks.acquire(writerLock(this.#writer), { once: true }).catch(() => undefined);
    if (left !== this.#left) unlock?.();
    else if (unlock) {
      this.#unlock?.();
      this.#unlock = unlock;
    }
    return this.#unlock !== undefined;
  }
}
