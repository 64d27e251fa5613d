import type { QueueStore } from "./storage.ts";

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
  #shown: Promise<"locked" | "beating" | "hidden"> | undefined;
  #unlock: (() => void) | undefined;

  constructor(store: QueueStore, writer: string) {
    this.#store = store;
    this.#writer = writer;
  }

  /** Called before the first run is stored as open; false when nobody could see that this process lives. */
  async show(): Promise<boolean> {
    this.#shown ??= this.#show();
    return (await this.#shown) !== "hidden";
  }

  /** Called now and then. */
  async beat(): Promise<void> {
    if ((await this.#shown) === "beating") await this.#store.appear(this.#writer);
  }

  /** This process ends, closes the storage, or may be stopped for long. It may be shown again. */
  leave(): void {
    this.#unlock?.();
    this.#unlock = this.#shown = undefined;
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

  async #show(): Promise<"locked" | "beating" | "hidden"> {
    const { locks } = this.#store;
    if (!locks) return "beating";
    // Where locks can be had and this one cannot, its runs are left alone: others would take the process for dead.
    this.#unlock = await locks.acquire(writerLock(this.#writer), { once: true }).catch(() => undefined);
    return this.#unlock ? "locked" : "hidden";
  }
}
