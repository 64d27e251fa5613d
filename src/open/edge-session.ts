import { total } from "../queue/amount.ts";
import { amountIn, type Parcel } from "../queue/handover/parcel.ts";
import type { FlushReport } from "../queue/types.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import { type Core, exitTimeout } from "../tracker/core.ts";
import { amountText } from "../tracker/shown.ts";
import type { WaitUntil } from "../tracker/types/tracker-options.ts";
import type { HandingQueue } from "./handing-queue.ts";
import { giveToObject, type ObjectNamespace } from "./object-namespace.ts";
import { encodeParcel } from "./parcel-codec.ts";
import type { Undelivered } from "./undelivered.ts";

/** Who takes what is left. */
export interface Takers {
  readonly namespace: ObjectNamespace | undefined;
  /** Name of the object for this destination. */
  readonly name: string;
  readonly onUndelivered: ((left: Undelivered) => void | Promise<void>) | undefined;
}

/** The part of a tracker's life that is about its request: what is left when the request may last no longer. */
export class EdgeSession {
  readonly #takers: Takers;
  readonly #clock: Clock;
  readonly #waitUntil: WaitUntil;
  /** Set as soon as the tracker has a queue of its own to hand over. */
  queue: HandingQueue | undefined;
  core: Core | undefined;

  constructor(takers: Takers, clock: Clock, waitUntil: WaitUntil) {
    this.#takers = takers;
    this.#clock = clock;
    this.#waitUntil = waitUntil;
  }

  /** Gives a parcel to the first who takes it, and the name of where it lies now. */
  async pass(parcel: Parcel): Promise<string | undefined> {
    const { namespace, name, onUndelivered } = this.#takers;
    const { points, requests } = amountIn(parcel);
    let cause: unknown;
    if (namespace) {
      try {
        await giveToObject(namespace, name, parcel, this.#clock);
        return "a Durable Object";
      } catch (error) {
        cause = error;
      }
    }
    // Nothing is lost that only had to be made sure of.
    if (points + requests === 0) return undefined;
    if (onUndelivered) {
      try {
        await onUndelivered({ points, requests, data: await encodeParcel(parcel) });
        return "onUndelivered";
      } catch (error) {
        cause = error;
      }
    }
    this.#tell({ points, requests }, cause);
    return undefined;
  }

  /** Called when a run has ended and all is delivered, or its deadline is over. */
  async left({ pending, unkept }: FlushReport, isQuiet = false): Promise<void> {
    const { namespace, onUndelivered } = this.#takers;
    // A queue of the user's own keeps it, if it can.
    if (total(unkept) === 0) return;
    // What waits for a person has time until the last run has ended: others go on.
    if (!isQuiet && total(pending) === 0 && this.core && this.core.open.size > 0) return;
    if (this.queue && (namespace || onUndelivered)) {
      // From here on the other one sends.
      this.core?.queue.pause();
      await this.queue.handOver();
    } else this.#tell(unkept, undefined);
  }

  /**
   * Looks after runs that nobody ends: keeps the Worker alive while they are logged to, and delivers what they logged.
   * Gives the way to stop.
   */
  watch(core: Core): () => void {
    let over = false;
    let wake = (): void => {};
    const end = (): void => {
      over = true;
      wake();
    };
    const leave = core.queue.subscribe(() => core.open.size === 0 && core.unwatchEnd());
    const timeout = exitTimeout(core);
    const quiet = async (): Promise<void> => {
      for (let before = ""; !over; ) {
        const { waiting, inFlight, delivered } = core.queue.status();
        const now = JSON.stringify([waiting, inFlight, delivered]);
        if (now === before) break;
        before = now;
        await new Promise<void>((resolve) => {
          const timer = this.#clock.after(timeout, resolve);
          wake = () => {
            timer.cancel();
            resolve();
          };
        });
      }
      leave();
      if (over) return;
      await this.left(await core.queue.flush({ timeout }), true);
    };
    this.#waitUntil(quiet().catch(() => {}));
    return end;
  }

  #tell(amount: { readonly points: number; readonly requests: number }, cause: unknown): void {
    const why = cause === undefined ? "" : `. ${cause instanceof Error ? cause.message : String(cause)}`;
    const message = `${amountText(amount)} did not reach the server within the time of the request, and are lost: bind a TrackletQueue as the option queue, or keep them with onUndelivered${why}`;
    this.core?.guard.tell({ kind: "undelivered", message, cause });
  }
}
