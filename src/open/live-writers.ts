import type { OpenRun } from "../queue/lead/open-run.ts";
import { writerLock } from "../queue/lead/presence.ts";
import type { QueueStore } from "../queue/storage.ts";

/** Milliseconds after its last parcel for which a request counts as alive. */
export const ALIVE = 600_000;

const PAGE = 200;

/**
 * Requests that handed something over a short time ago may still log to their runs: nobody ends these in their place,
 * as long as their locks are held here.
 */
export class LiveWriters {
  readonly #held = new Map<string, Promise<(() => void) | undefined>>();
  /** Reasons to hold what is held: drains, and parcels that are taken just now. */
  #reasons = 0;

  /** For the time of a drain: holds the locks of all who gave something since `ALIVE` before `now`. Gives the way to stop. */
  async during(store: QueueStore, now: number): Promise<() => void> {
    const leave = this.#hold();
    for await (const { writer, at } of openRuns(store)) if (now - at < ALIVE) await this.#show(store, writer);
    return leave;
  }

  /** Takes something of a writer, who is alive until the end of the drain that runs then. */
  async take(store: QueueStore, writer: string, body: () => Promise<void>): Promise<void> {
    const leave = this.#hold();
    try {
      await this.#show(store, writer);
      await body();
    } finally {
      leave();
    }
  }

  #hold(): () => void {
    this.#reasons++;
    return () => {
      if (--this.#reasons > 0) return;
      for (const held of this.#held.values()) void held.then((unlock) => unlock?.());
      this.#held.clear();
    };
  }

  async #show(store: QueueStore, writer: string): Promise<void> {
    let held = this.#held.get(writer);
    if (!held) {
      // Whoever looks whether the writer is alive has the lock for a moment.
      held = store.locks?.acquire(writerLock(writer), { wait: new AbortController().signal });
      held ??= Promise.resolve(undefined);
      this.#held.set(writer, held);
    }
    await held;
  }
}

/** All open runs. */
export async function* openRuns(store: QueueStore): AsyncGenerator<OpenRun> {
  for (let after = ""; ; ) {
    const page = await store.openRuns(after, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.run;
  }
}
