import type { Destination } from "../queue/destination.ts";
import { collect } from "../queue/handover/collect.ts";
import { isEmpty, type Parcel } from "../queue/handover/parcel.ts";
import { takeUp } from "../queue/handover/take-up.ts";
import type { QueueStorage, QueueStore } from "../queue/storage.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What a queue that hands over needs. */
export interface HandingParts {
  readonly runtime: Runtime;
  readonly destination: Destination;
  /** Gives a parcel to somebody else, and the name of where it lies now; undefined when nobody took it. */
  readonly pass: (parcel: Parcel) => Promise<string | undefined>;
  /** What it holds from the start. */
  readonly contents?: Parcel;
}

/**
 * The queue of a tracker that lives for one request: in memory, until what is left is handed over to somebody who lives
 * longer. It is when the tracker closes, at the latest.
 */
export class HandingQueue implements QueueStorage {
  readonly #parts: HandingParts;
  #store: Promise<QueueStore> | undefined;
  #from: string | undefined;
  /** Last place in the order that was handed over. */
  #last = 0;
  #handing: Promise<void> = Promise.resolve();
  #place: string | undefined;

  constructor(parts: HandingParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#place ?? "memory";
  }

  /** True once somebody who lives longer has taken what was left. */
  get durable(): boolean {
    return this.#place !== undefined;
  }

  holds(): boolean {
    return this.#parts.contents !== undefined || this.#store !== undefined;
  }

  open(): Promise<QueueStore> {
    this.#store ??= this.#open();
    this.#store.catch(() => {
      this.#store = undefined;
    });
    return this.#store;
  }

  /** Hands over what waits and was not handed over before. Nothing may be sent from here on. */
  handOver(): Promise<void> {
    this.#handing = this.#handing.then(() => this.#hand());
    return this.#handing;
  }

  async #open(): Promise<QueueStore> {
    const { MemoryStore } = await import("../queue/drain/loaded-late.ts");
    const { contents } = this.#parts;
    const store = new MemoryStore();
    if (contents) {
      await store.assign(contents.destination);
      await takeUp(store, contents);
    }
    return Object.assign(store, { close: () => this.handOver() });
  }

  async #hand(): Promise<void> {
    if (!this.#store) return;
    const { runtime, destination, pass } = this.#parts;
    this.#from ??= `${runtime.clock.now().toString(36)}-${hex(runtime.random.bytes(12))}`;
    const facts = { store: await this.#store, from: this.#from, destination, now: runtime.clock.now() };
    const { parcel, last } = await collect({ ...facts, after: this.#last });
    if (isEmpty(parcel)) return;
    const place = await pass(parcel);
    if (place === undefined) return;
    this.#place = place;
    this.#last = last;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
