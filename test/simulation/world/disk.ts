import { MemoryStore } from "../../../src/queue/storage/memory-store.ts";
import type { Claim } from "../../../src/queue/lead/lease.ts";
import type { KeyCounts } from "../../../src/queue/account/key-counts.ts";
import type { AccountDraft } from "../../../src/queue/account/account-record.ts";
import type {
  Appended,
  ChildDraft,
  ChunkDraft,
  ChunkHeader,
  SealedChunk,
  StoredChunk,
} from "../../../src/queue/chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../../../src/queue/run-mapping.ts";
import type { QueueStorage, QueueStore, StorageCounts } from "../../../src/queue/storage.ts";
import { eachMethod } from "./each-method.ts";
import { befall } from "./plan.ts";
import type { SimProcess } from "./process.ts";

/** What became of a chunk, as the disk saw it. */
export interface DiskWatcher {
  mapped(mapping: RunMapping): void;
  put(chunk: StoredChunk, again: boolean): void;
  /** A leader reads it to send it. */
  sealed(chunk: StoredChunk): void;
  left(chunk: StoredChunk, as: "acknowledged" | "dropped" | "quarantined", mapping?: RunMapping): void;
  /** Of a chunk in quarantine: put back, at its new place, or forgotten. */
  released(chunk: StoredChunk): void;
  discarded(chunk: StoredChunk): void;
  replaced(parent: StoredChunk, children: readonly StoredChunk[], rest: "delivered" | "dropped"): void;
}

/** The reference store, watched: what it holds is noted apart, so that its counters can be checked. */
export class WatchedStore extends MemoryStore {
  /** Chunks that wait, by their place. */
  readonly chunks: Map<number, StoredChunk> = new Map();
  /** Chunks that are set aside, by their place. */
  readonly #aside: Map<number, StoredChunk> = new Map();
  /** Runs of the server by their id. */
  readonly localIds: Map<string, string> = new Map();
  readonly runIds: Map<string, string> = new Map();
  term = 0;
  /** The writer that has a run open, by run; "" for one that nobody has. */
  readonly openers: Map<string, string> = new Map();
  readonly #watcher: DiskWatcher;

  constructor(watcher: DiskWatcher) {
    super();
    this.#watcher = watcher;
  }

  override async append(
    writer: string,
    drafts: readonly ChunkDraft[],
    desired?: ReadonlyMap<string, DesiredRun>,
    accounts?: readonly AccountDraft[],
  ): Promise<readonly Appended[]> {
    const results = await super.append(writer, drafts, desired, accounts);
    for (const [n, { stored, order }] of results.entries()) {
      if (!stored) continue;
      const draft = drafts[n]!;
      const again = this.chunks.has(order);
      if (draft.opens !== undefined) this.openers.set(draft.run, draft.opens ? writer : "");
      const chunk = { bucket: 0, ...draft, writer, order, span: 1, bytes: draft.body.length, attempted: 0 };
      this.chunks.set(order, chunk);
      this.#watcher.put(chunk, again);
    }
    return results;
  }

  override async beginTerm(claim?: Claim): Promise<number> {
    const term = await super.beginTerm(claim);
    if (term > 0) this.term = term;
    return term;
  }

  override async seal(order: number, term: number): Promise<SealedChunk | undefined> {
    const chunk = await super.seal(order, term);
    if (!chunk) return undefined;
    this.chunks.set(order, chunk);
    this.#watcher.sealed(chunk);
    return chunk;
  }

  override async acknowledge(order: number, term: number, mapping?: RunMapping, keys?: KeyCounts): Promise<void> {
    await super.acknowledge(order, term, mapping, keys);
    this.#left(order, "acknowledged", mapping);
  }

  override async drop(order: number, term: number, keys?: KeyCounts): Promise<void> {
    await super.drop(order, term, keys);
    this.#left(order, "dropped");
  }

  override async quarantine(order: number, term: number, reason: string, keys?: KeyCounts): Promise<void> {
    await super.quarantine(order, term, reason, keys);
    this.#left(order, "quarantined");
  }

  override async release(order: number, keys?: KeyCounts): Promise<number | undefined> {
    const place = await super.release(order, keys);
    const chunk = this.#aside.get(order);
    if (place === undefined || !chunk) return place;
    this.#aside.delete(order);
    const back = { ...chunk, order: place, span: 1, sequence: 0 };
    this.chunks.set(place, back);
    this.#watcher.released(back);
    return place;
  }

  override async discard(order: number, keys?: KeyCounts): Promise<boolean> {
    const done = await super.discard(order, keys);
    const chunk = this.#aside.get(order);
    if (!done || !chunk) return done;
    this.#aside.delete(order);
    this.#watcher.discarded(chunk);
    return done;
  }

  override async replace(
    order: number,
    term: number,
    drafts: readonly ChildDraft[],
    rest: "delivered" | "dropped",
    keys?: KeyCounts,
  ): Promise<readonly ChunkHeader[] | undefined> {
    const parent = this.chunks.get(order);
    const headers = await super.replace(order, term, drafts, rest, keys);
    if (!parent || !headers) return headers;
    this.chunks.delete(order);
    const children = headers.map((header, n) => ({ ...header, ...drafts[n]! }));
    for (const child of children) this.chunks.set(child.order, child);
    this.#watcher.replaced(parent, children, rest);
    return headers;
  }

  override async map(mapping: RunMapping): Promise<RunMapping> {
    const stands = await super.map(mapping);
    this.localIds.set(stands.runId, stands.localId);
    this.runIds.set(stands.localId, stands.runId);
    this.#watcher.mapped(stands);
    return stands;
  }

  #left(order: number, as: "acknowledged" | "dropped" | "quarantined", mapping?: RunMapping): void {
    const chunk = this.chunks.get(order);
    if (!chunk) return;
    this.chunks.delete(order);
    if (as === "quarantined") this.#aside.set(order, chunk);
    this.#watcher.left(chunk, as, mapping);
  }
}

/** Operations that a disk fails: from one on, some of them, before or after it did what was asked. */
export interface DiskFault {
  readonly from: number;
  readonly count: number;
  readonly after: boolean;
  /** Only puts fail, as when the quota is used up. */
  readonly puts: boolean;
}

const READS: ReadonlySet<string> = new Set(["lease", "status", "heads", "openRuns", "mapping", "desired", "note"]);

/** A disk that several processes share and that survives them: it keeps what was applied, and no more. */
export class Disk {
  readonly store: WatchedStore;
  /** Whose a writer is. */
  readonly writers: Map<string, SimProcess> = new Map();
  /** Operations so far. */
  operations = 0;
  faults: readonly DiskFault[] = [];
  /** The process whose term it is. */
  leader: SimProcess | undefined;
  readonly #pending = new Map<SimProcess, Set<() => Promise<unknown>>>();

  constructor(watcher: DiskWatcher) {
    this.store = new WatchedStore(watcher);
  }

  /** The storage as one process sees it. `wrap` may change what the store does. */
  storageOf(process: SimProcess, wrap: (store: QueueStore) => QueueStore): QueueStorage {
    const store = wrap(this.store);
    let counted: StorageCounts | undefined;
    // What is noted of an answer of the store.
    const notes: Readonly<Record<string, (result: unknown) => unknown>> = {
      append: async () => {
        counted = await this.store.status();
      },
      beginTerm: (term) => {
        if (term !== 0) this.leader = process;
      },
    };
    const handle = eachMethod(store, (name, method) => {
      if (name === "close") return () => Promise.resolve();
      const note = notes[name];
      const apply = note
        ? async (args: readonly unknown[]): Promise<unknown> => {
            const result = await method(...args);
            await note(result);
            return result;
          }
        : (args: readonly unknown[]) => method(...args);
      return (...args) => {
        if (name === "append") this.writers.set(String(args[0]), process);
        return this.#operate(process, name, args, () => apply(args));
      };
    });
    return {
      name: "simulated disk",
      durable: true,
      open: () =>
        this.#operate(process, "open", [], async () =>
          Object.defineProperty({ ...handle, ...process.sharing }, "counted", { get: () => counted }),
        ),
    };
  }

  /** What a process had asked for and was not told of: done or not, by chance. */
  crash(process: SimProcess): void {
    for (const apply of this.#pending.get(process) ?? [])
      if (process.world.chance.may(0.5)) void apply().catch(() => {});
    this.#pending.delete(process);
  }

  #faultAt(number: number, name: string): DiskFault | undefined {
    return this.faults.find(
      ({ from, count, puts }) => number >= from && number < from + count && (!puts || name === "append"),
    );
  }

  #operate<R>(process: SimProcess, name: string, args: readonly unknown[], operation: () => Promise<R>): Promise<R> {
    const { world } = process;
    const number = ++this.operations;
    if (world.plan?.at === number) befall(world, world.plan);
    const fault = this.faults.length > 0 ? this.#faultAt(number, name) : undefined;
    // Leaders and followers look every second: when nothing goes wrong any more, that would be half of a seed's time.
    if (world.network.calm && READS.has(name) && !fault && !process.stalled) return operation();
    return new Promise((resolve, reject) => {
      const pending = this.#pending.get(process) ?? new Set<() => Promise<unknown>>();
      if (pending.size === 0) this.#pending.set(process, pending);
      const apply = (): Promise<R> => {
        pending.delete(apply);
        return fault && !fault.after ? Promise.reject(new Error(`disk error at operation ${number}`)) : operation();
      };
      pending.add(apply);
      world.timeline.after(world.diskTime(), () => {
        if (!pending.has(apply)) return;
        if (world.isTraced && name !== "append" && name !== "heads")
          world.note(`${process.name} disk ${name} ${String(args[0] ?? "")}`);
        apply().then(
          (result) => {
            if (!fault) {
              process.deliver(() => resolve(result));
              return;
            }
            world.note(() => `${process.name} disk ${name} fails after it was done`);
            process.deliver(() => reject(new Error(`disk error after operation ${number}`)));
            process.diskFailed(name);
          },
          (error: unknown) => {
            if (fault) process.diskFailed(name);
            world.note(() => `${process.name} disk ${name} ${String(error)}`);
            process.deliver(() => reject(error));
          },
        );
      });
    });
  }
}
