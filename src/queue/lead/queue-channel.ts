import type { Broadcast, Channel } from "../../runtime/ports/broadcast.ts";
import type { Clock, Timer } from "../../runtime/ports/clock.ts";

const VERSION = 1;
/** Milliseconds between two messages of a leader that has much to tell. */
const PAUSE = 100;

/** What those tell each other who have a storage open. */
export type QueueMessage =
  /** There is more in the storage. */
  | { readonly kind: "appended" }
  /** The leader has got something done; `says` is its state. */
  | { readonly kind: "changed"; readonly says: string }
  /** Nobody leads. */
  | { readonly kind: "released" }
  /** Somebody waits: the server shall be tried now, and with `unpark` parked runs as well. */
  | { readonly kind: "hurry"; readonly unpark: boolean };

/** The channel of a storage, where there is one. All of it could be left out: it only saves time. */
export class QueueChannel {
  readonly #broadcast: Broadcast | undefined;
  readonly #listener: (message: QueueMessage) => void;
  #channel: Channel | undefined;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(broadcast: Broadcast | undefined, clock: Clock, listener: (message: QueueMessage) => void) {
    this.#clock = clock;
    this.#broadcast = broadcast;
    this.#listener = listener;
    this.join();
  }

  /** Hears and tells, also after `leave`. */
  join(): void {
    this.#channel ??= this.#broadcast?.join((message) => {
      const { version, ...rest } = (message ?? {}) as { version?: number } & QueueMessage;
      if (version === VERSION) this.#listener(rest as QueueMessage);
    });
  }

  tell(message: QueueMessage): void {
    this.#channel?.post({ ...message, version: VERSION });
  }

  /** Tells that something changed, at once or, when that was told just now, a little later and once. */
  changed(says: () => string): void {
    if (!this.#channel || this.#timer) return;
    const tell = (): void => {
      this.#timer = undefined;
      this.#toldAt = this.#clock.monotonic();
      this.tell({ kind: "changed", says: says() });
    };
    const wait = this.#toldAt + PAUSE - this.#clock.monotonic();
    if (wait <= 0) tell();
    else this.#timer = this.#clock.after(wait, tell);
  }

  leave(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#channel?.leave();
    this.#channel = undefined;
  }
}
