import type { Runtime } from "../runtime/runtime.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import type { Destination } from "./destination.ts";
import type { Ledger } from "./ledger.ts";
import type { Problems } from "./problems.ts";
import type { put, putNow } from "./put.ts";
import type { DeliverySettings } from "./settings.ts";
import type { QueueStorage, QueueStore, RunMapping } from "./storage.ts";
import type { SyncEngine } from "./sync-engine.ts";
import type { Amount } from "./types.ts";
import type { Writer } from "./writer.ts";

/** Weak evidence, such as a search without hits, is looked for a second time after this. */
const SETTLE_DELAY = 5_000;

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
  readonly mappings: ReadonlyMap<string, RunMapping>;
  readonly onMapped: (mapping: RunMapping) => void;
  readonly onChange: () => void;
  /** Undefined: wherever what waits there goes. */
  readonly destination?: Destination | undefined;
}

/** What puts and sends, and where. */
interface Opened {
  readonly assign: () => Promise<void>;
  readonly put: typeof put;
  readonly store: QueueStore;
  readonly engine: SyncEngine;
}

/** The way from a writer through the store to the server: opened, and its code loaded, when there is something to do. */
export class Drain {
  readonly #parts: DrainParts;
  #opened: Promise<Opened> | undefined;
  #store: QueueStore | undefined;
  #putNow: typeof putNow | undefined;
  #lastWords: ((writer: Writer) => void) | undefined;
  /** Mappings that are not known to be kept. */
  readonly #mapping = new Set<RunMapping>();
  /** Runs whose mapping somebody waits for, and how many do. */
  readonly #sought = new Map<string, number>();
  #running = true;
  /** Undefined before the first write. */
  engine: SyncEngine | undefined;
  /** Highest place in the order that is known to be taken. */
  order = 0;

  constructor(parts: DrainParts) {
    const { clock, random } = parts.runtime;
    this.#parts = parts;
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

  /** Puts what a writer holds into the store, and tells the engine. */
  async put(writer: Writer): Promise<void> {
    const { assign, put, engine } = await this.open();
    const { ledger, runtime } = this.#parts;
    const { order, renewed } = await put(writer, engine.intake, ledger.writer, this.order, runtime.clock);
    this.order = renewed ? order : Math.max(this.order, order);
    engine.appended();
    if (renewed) {
      await assign();
      engine.restart();
    }
  }

  /**
   * The page is left, and may be gone in the next moment: sends what it can by requests that outlive it, unless the
   * server would keep all of it twice when the next page sends it again.
   */
  lastWords(writer: Writer): void {
    if (this.#running && !this.engine?.keepsRepeats) this.#lastWords?.(writer);
  }

  /** Loads what `keepNow` needs, so that it works from the first write on. */
  async prepare(): Promise<void> {
    const [{ putNow }] = await Promise.all([import("./sender.ts"), this.#parts.storage.prepare?.()]);
    this.#putNow = putNow;
  }

  /** Puts what a writer holds without waiting, in the last moment of a process; gives what could not be kept. */
  keepNow(writer: Writer): Amount {
    const { storage, ledger, runtime, problems } = this.#parts;
    writer.seal();
    // Counted before: they are left out.
    const { bodies } = writer;
    try {
      const now = (this.#store ?? storage.openNow?.())?.now;
      if (!now || !this.#putNow) throw new Error("This storage cannot be written to without waiting");
      for (const mapping of this.#mapping) now.map(mapping);
      this.#putNow(writer, now, ledger.writer, this.order, runtime.clock);
      return { points: 0, requests: bodies };
    } catch (cause) {
      problems.report({ kind: "storage", message: "Cannot keep what is logged at the end", cause });
      return writer.unkept();
    }
  }

  /** Keeps which run of the server a run of ours is. */
  map(mapping: RunMapping): void {
    this.#mapping.add(mapping);
    this.open()
      .then(({ store }) => store.map(mapping))
      .then(() => this.#mapping.delete(mapping))
      .catch((cause: unknown) => {
        const message = `Cannot keep in the queue that run "${mapping.localId}" is ${mapping.runId} on the server`;
        this.#parts.problems.report({ kind: "storage", run: mapping.localId, message, cause });
      });
  }

  /** Which run of the server a run is, as the storage knows; undefined when it does not. */
  async mapping(run: string): Promise<RunMapping | undefined> {
    return this.#store?.mapping(run).catch(() => undefined);
  }

  /** Has the storage looked at for the mapping of a run, until the returned function is called. */
  seek(run: string): () => void {
    const sought = this.#sought;
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
    this.#running = running;
    this.engine?.run(running);
  }

  /** Lets go of the store. */
  async close(): Promise<void> {
    await this.engine?.release();
    await this.#opened?.then(({ store }) => store.close()).catch(() => undefined);
  }

  async #open(): Promise<Opened> {
    const { storage, ledger, client: connect } = this.#parts;
    const [{ assignStore, put, putNow, sendLastWords, SyncEngine }, client, store] = await Promise.all([
      import("./sender.ts"),
      connect(),
      storage.open((problem) => this.#parts.problems.report(problem)),
    ]);
    const assign = (): Promise<void> => assignStore(store, this.#parts);
    await assign();
    this.#store = store;
    this.#putNow = putNow;
    this.#lastWords = (writer) =>
      sendLastWords(writer.buffers(), this.#parts.mappings, client, this.#parts.runtime.lifecycle);
    const counts = await store.status();
    ledger.begin(counts);
    this.order = counts.order;
    const name = storage.name;
    const sought = this.#sought;
    // Nobody waits for it: until it is known, the bound is that of the options.
    let room = Number.POSITIVE_INFINITY;
    void storage
      .room?.()
      .then((bytes = room) => {
        room = bytes;
      })
      .catch(() => {});
    const maxBytes = (): number => Math.min(room, this.#parts.maxBytes());
    const opened = { counts, lease: await store.lease() };
    const found = { client, name, store, sought, opened, maxBytes, durable: storage.durable };
    const engine = new SyncEngine({ ...this.#parts, ...found, settleDelay: SETTLE_DELAY });
    this.engine = engine;
    engine.run(this.#running);
    return { assign, put, store, engine };
  }
}
