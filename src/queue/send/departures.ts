import { add, amountOf } from "../amount.ts";
import type { Delivery } from "./delivery.ts";
import type { LoopParts } from "./loop-parts.ts";
import type { Item, RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";

/** Milliseconds between two rounds of what nobody here waits for. */
const BREATH = 1;

/** What departures need of the loop that they belong to. */
export interface DepartureParts extends LoopParts {
  readonly view: Scheduler;
  /** Of the present term. */
  readonly delivery: () => Delivery;
  /** Looks for what goes next: now, or in some milliseconds. */
  readonly wake: (ms?: number) => void;
  /** The storage failed in a term; gives the milliseconds until the next try. */
  readonly storageFailed: (cause: unknown, term: number) => number;
}

/** What is on its way to the server: chunks, and looks at runs in doubt. */
export class Departures {
  readonly #parts: DepartureParts;
  #release: (() => void) | undefined;
  /** Requests on their way. */
  count = 0;
  /** The last that went was a chunk. */
  wasChunk = false;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** Delivers one chunk. */
  async deliver(run: RunState, item: Item): Promise<void> {
    const { view, books, ledger, trouble, runtime, awaited, onDone, wake } = this.#parts;
    const term = this.#parts.term();
    const amount = amountOf(item.header);
    this.count++;
    this.wasChunk = true;
    add(ledger.inFlight, amount);
    // A delivery on its way keeps the process alive; waiting for the next try does not.
    if (awaited()) this.#release ??= runtime.lifecycle.keepAlive();
    try {
      // What the server has acknowledged is not sent again when only the storage failed.
      item.finish ??= await this.#parts.delivery().attempt(run, item, term);
      const { finish } = item;
      if (finish) {
        await books.during(finish);
        view.remove(run, item);
        trouble.over();
      }
    } catch (error) {
      item.until = runtime.clock.monotonic() + this.#parts.storageFailed(error, term);
    } finally {
      add(ledger.inFlight, amount, -1);
      this.#arrived(run);
      onDone();
      wake(this.count === 0 && !awaited() ? BREATH : undefined);
    }
  }

  /** Looks at a run in doubt that is due; false when none is. */
  mend(now: number): boolean {
    const { onDone, wake } = this.#parts;
    const { mender } = this.#parts.delivery();
    const term = this.#parts.term();
    const run = mender.pick(now);
    if (!run) return false;
    this.count++;
    this.wasChunk = false;
    void mender
      .look(run)
      .catch((error: unknown) => this.#parts.storageFailed(error, term))
      .finally(() => {
        this.#arrived(run);
        onDone();
        wake();
      });
    return true;
  }

  /** The last one that comes back lets the process end, whichever began to keep it alive. */
  #arrived(run: RunState): void {
    this.#parts.view.done(run);
    if (--this.count > 0) return;
    this.#release?.();
    this.#release = undefined;
  }
}
