import type { Runtime } from "../../runtime/runtime.ts";
import type { DeliveryClient } from "../send/delivery-client.ts";
import type { Destination } from "../destination.ts";
import type { Ledger } from "../account/ledger.ts";
import type { Problems } from "../problems.ts";
import type { DeliverySettings } from "../settings.ts";
import type { QueueStorage, QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { SyncEngine } from "./sync-engine.ts";
import type { Waiters } from "../waiters.ts";
import type { Writer } from "../write/writer.ts";

/** What comes in one piece with the first write. */
type Late = typeof import("./loaded-late.ts");

/** What a drain needs. */
export interface DrainParts {
  readonly storage: QueueStorage;
  readonly client: () => Promise<DeliveryClient>;
  readonly runtime: Runtime;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly settings: DeliverySettings;
  /** Bytes of bodies that may wait in the storage. */
  readonly maxBytes: () => number;
  readonly lease?: number | undefined;
  /** Somebody in this process waits for what is sent, or has logged it. */
  readonly awaited: () => boolean;
  /** Somebody in this process waits right now. */
  readonly waited: () => boolean;
  readonly mappings: ReadonlyMap<string, RunMapping>;
  readonly onMapped: (mapping: RunMapping) => void;
  readonly onChange: () => void;
  /** Undefined: wherever what waits there goes. */
  readonly destination?: Destination | undefined;
  /** Experiment, by name, for runs that give theirs by an id of another server. */
  readonly moved?: string | undefined;
}

/** What puts and sends, and where. */
export interface Opened {
  readonly store: QueueStore;
  readonly engine: SyncEngine;
}

/** The way from a writer through the store to the server: opened, and its code loaded, when there is something to do. */
export class Drain {
  readonly parts: DrainParts;
  #opened: Promise<Opened> | undefined;
  /** What is loaded late, once it is. */
  late: Late | undefined;
  /** Undefined before the storage is open. */
  store: QueueStore | undefined;
  /** Mappings that are not known to be kept. */
  readonly unkept: Set<RunMapping> = new Set();
  /** Runs whose mapping somebody waits for, and how many do. */
  readonly sought: Map<string, number> = new Map();
  /** Runs whose mapping is that of the storage: it is not made sure in this session that the server has them. */
  readonly unverified: Set<string> = new Set();
  /** Runs that were given up here, and are not created any more. */
  readonly givenUp: Set<string> = new Set();
  /** Sends, or does not for now. */
  running = true;
  /** Where what was logged first waited, before another storage answered. */
  former: QueueStore | undefined;
  /** The storage that the present one stands in for, once it answers. */
  better: QueueStore | undefined;
  closed = false;
  /** Undefined before the first write. */
  engine: SyncEngine | undefined;
  /** Undefined before the first write. */
  client: DeliveryClient | undefined;
  /** Highest place in the order that is known to be taken. */
  order = 0;
  /** Bytes that the storage has room for, once it is known. */
  room: number = Number.POSITIVE_INFINITY;

  constructor(parts: DrainParts) {
    const { clock, random } = parts.runtime;
    this.parts = parts;
    parts.ledger.place = parts.destination;
    // Unique on a device without a secure source of chance as well.
    parts.ledger.writer = `${clock.now().toString(36)}-${random.fraction().toString(36).slice(2)}`;
  }

  /** Nothing was asked of it yet. */
  get untouched(): boolean {
    return this.#opened === undefined;
  }

  /** Opens the storage and loads what sends, so that it costs no page its start. */
  open(): Promise<Opened> {
    if (!this.#opened) {
      this.#opened = this.#open();
      // A failure is reported by whoever needed it, and the next one tries again.
      this.#opened.catch(() => {
        this.#opened = undefined;
      });
    }
    return this.#opened;
  }

  /** Bytes of bodies that may wait in the storage. */
  maxBytes(): number {
    return Math.min(this.room, this.parts.maxBytes());
  }

  /** Loads what puts and sends; a failure is tried again by the next one. */
  async load(): Promise<Late> {
    this.late ??= await import("./loaded-late.ts");
    return this.late;
  }

  /** Puts what a writer holds into the store, and tells the engine. */
  async put(writer: Writer): Promise<void> {
    let opened = await this.open();
    const late = this.late!;
    if (this.better && (await late.moveOver(this, writer, opened, this.better))) {
      this.#opened = undefined;
      opened = await this.open();
    }
    await late.putAll(this, writer, opened);
  }

  /**
   * The page is left, and may be gone in the next moment: sends what it can by requests that outlive it, if the server is
   * known to keep once what the next page sends again.
   */
  lastWords(writer: Writer): void {
    if (this.running && this.engine?.keepsOnce) this.late?.sendLastWords(this, writer);
  }

  /** Loads what `keepNow` needs, so that it works from the first write on. */
  async prepare(): Promise<void> {
    await Promise.all([this.load(), this.parts.storage.prepare?.()]);
  }

  /** Keeps which run of the server a run of ours is. */
  map(mapping: RunMapping): void {
    this.unkept.add(mapping);
    // Whoever takes up a run has loaded it.
    this.load().then(
      ({ keepMapping }) => keepMapping(this, mapping),
      () => {},
    );
  }

  /** Which run of the server a run is, as the storage knows; undefined when it does not. */
  async mapping(run: string): Promise<RunMapping | undefined> {
    return this.store?.mapping(run).catch(() => undefined);
  }

  /** Has the storage looked at for the mapping of a run, until the returned function is called. */
  seek(run: string): () => void {
    const sought = this.sought;
    sought.set(run, 1 + (sought.get(run) ?? 0));
    this.engine?.look();
    return () => {
      const left = sought.get(run)! - 1;
      if (left > 0) sought.set(run, left);
      else sought.delete(run);
    };
  }

  /** Sends, or does not for now. */
  run(running: boolean): void {
    this.running = running;
    this.engine?.run(running);
  }

  /** Lets go of the store, until a monotonic time or a second from now. */
  async close(waiters: Waiters, end: number): Promise<void> {
    this.closed = true;
    if (this.#opened) await (await this.load()).closeDrain(this, this.#opened, waiters, end);
  }

  async #open(): Promise<Opened> {
    const { storage, problems, client } = this.parts;
    const [{ askAgain, openDrain }, ...found] = await Promise.all([
      this.load(),
      client(),
      storage.open((problem) => problems.report(problem)),
    ]);
    askAgain(this);
    return openDrain(this, ...found);
  }
}
