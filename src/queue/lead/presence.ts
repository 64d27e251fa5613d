import type { QueueStore } from "../storage.ts";

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
  /** It was left, and this process is not known to go on. */
  #away = false;

  constructor(store: QueueStore, writer: string) {
    this.#store = store;
    this.#writer = writer;
  }

  /**
   * Called before a run is stored as open; false when others would take this process for dead now although it goes on. Asks
   * for the lock also while it is held: a lock of files is void when these were removed, and is taken anew then.
   */
  async show(): Promise<boolean> {
    // In the back-forward cache, a lock would keep the page out of it. It looks for its runs when it comes back.
    if (this.#away) return true;
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
    this.#away = true;
    this.#beating = false;
    this.#unlock?.();
    this.#unlock = undefined;
  }

  /** This process goes on after all: it is shown again from the next time on. */
  join(): void {
    this.#away = false;
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
