import type { DatasetInput } from "../client/types/entities.ts";
import { TimeoutError } from "../errors/network-errors.ts";
import { StorageError } from "../errors/usage-errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { add, type Count, Ledger } from "./ledger.ts";
import { Problems } from "./problems.ts";
import type { Queue, QueueOptions } from "./queue.ts";
import { isEnd } from "./request.ts";
import type { put } from "./put.ts";
import type { QueueStorage, QueueStore, RunMapping } from "./storage.ts";
import type { SyncEngine } from "./sync-engine.ts";
import type { Amount, DeliveryOptions, FlushOptions, FlushReport, NewRun, QueueStatus, Receipt, RunChange } from "./types.ts";
import { Waiters } from "./waiters.ts";
import { Writer } from "./writer.ts";

/** What a queue is made of. */
export interface CreateQueueOptions extends QueueOptions {
  readonly storage: QueueStorage;
  readonly client: DeliveryClient;
  readonly runtime: Runtime;
}

/** Makes a queue over a storage. Nothing happens before the first write: no I/O and no timer. */
export function createQueue(options: CreateQueueOptions): Queue {
  return new StoredQueue(options);
}

type Settings = Required<DeliveryOptions>;
type RunIdOptions = { readonly signal?: AbortSignal; readonly timeout?: number };

const defaults: Settings = {
  mode: "auto",
  batchSize: 1_000,
  flushInterval: 1_000,
  maxMemoryBytes: 8 * 2 ** 20,
  maxStoredBytes: 256 * 2 ** 20,
  whenFull: "decimate",
  requestTimeout: 120_000,
  concurrency: 4,
  exitTimeout: 10_000,
};
/** Weak evidence, such as a search without hits, is looked for a second time after this. */
const SETTLE_DELAY = 5_000;

/** What puts and sends, and where. */
interface Drain {
  readonly put: typeof put;
  readonly store: QueueStore;
  readonly engine: SyncEngine;
}

class StoredQueue implements Queue {
  readonly durable: boolean;
  readonly #storage: QueueStorage;
  readonly #runtime: Runtime;
  readonly #settings: Settings;
  /** Bytes of bodies that may wait in the storage. */
  readonly #maxBytes: number;
  readonly #ledger = new Ledger();
  readonly #problems: Problems;
  readonly #writer: Writer;
  readonly #client: DeliveryClient;
  readonly #waiters: Waiters;
  /** Runs that are known to be on the server in this session, by our id; and our ids by MLflow's. */
  readonly #mappings = new Map<string, RunMapping>();
  readonly #localIds = new Map<string, string>();
  #engine: SyncEngine | undefined;
  #drain: Promise<Drain> | undefined;
  readonly #id: string;
  #leave: (() => void)[] = [];
  /** Highest place in the order that this queue's own chunks got. */
  #order = 0;
  #paused = false;
  #flushing = 0;
  #closed: Promise<FlushReport> | undefined;
  #listeners = new Set<(status: QueueStatus) => void>();
  #told = false;

  constructor({ storage, client, runtime, delivery, onProblem }: CreateQueueOptions) {
    const settings = { ...defaults, ...delivery };
    settings.batchSize = Math.min(Math.max(1, settings.batchSize), 1_000);
    settings.concurrency = Math.min(Math.max(1, settings.concurrency), 6);
    const { flushInterval, maxMemoryBytes, whenFull } = settings;
    const maxBytes = storage.durable ? settings.maxStoredBytes : maxMemoryBytes;
    this.durable = storage.durable;
    this.#storage = storage;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#client = client;
    this.#maxBytes = maxBytes;
    this.#waiters = new Waiters(runtime);
    this.#problems = new Problems(onProblem);
    this.#writer = new Writer({
      ledger: this.#ledger,
      problems: this.#problems,
      flushInterval,
      whenFull,
      clock: runtime.clock,
      batchSize: settings.batchSize,
      full: (bytes) => bytes > maxMemoryBytes || bytes + this.#ledger.bytes > maxBytes,
      put: (writer) => this.#put(writer),
    });
    // Unique on a device without a secure source of chance as well: time, and a fraction.
    this.#id = `${runtime.clock.now().toString(36)}-${runtime.random.fraction().toString(36).slice(2)}`;
  }

  createRun(run: NewRun): void {
    void this.#begin();
    this.#ledger.request(run.localId);
    // At once, but with all that is logged in the same task: a person waits to see the run.
    this.#writer.request(run.localId, "create", run, 0);
    this.#changed();
  }

  adoptRun(localId: string, runId: string, experimentId: string): void {
    void this.#begin();
    const mapping = { localId, runId, experimentId, adopted: true };
    this.#mapped(mapping);
    void this.#drain
      ?.then(({ store }) => store.map(mapping))
      .catch((cause: unknown) => {
        this.#problems.report({ kind: "storage", message: `Cannot keep which run "${localId}" is on the server`, cause });
      });
  }

  logMetric(localId: string, key: string, value: number, timestamp: number, step: number): void {
    this.#writer.metric(localId, key, value, timestamp, step);
    if (this.#listeners.size > 0) this.#tell();
  }

  logParam(localId: string, key: string, value: string): void {
    this.#writer.row(localId, "params", key, value);
    this.#changed();
  }

  setTag(localId: string, key: string, value: string): void {
    this.#writer.row(localId, "tags", key, value);
    this.#changed();
  }

  deleteTag(localId: string, key: string): void {
    this.#writer.sealTags(localId);
    this.#ledger.request(localId, ["tag", key]);
    this.#writer.desire(localId, { tags: { [key]: null } });
    this.#writer.request(localId, "untag", key);
    this.#changed();
  }

  updateRun(localId: string, change: RunChange): void {
    if (isEnd(change)) this.#writer.end(localId);
    this.#ledger.request(localId);
    this.#writer.desire(localId, change);
    this.#writer.request(localId, "update", change);
    this.#changed();
  }

  logInputs(localId: string, inputs: readonly DatasetInput[]): void {
    this.#ledger.request(localId);
    for (const { dataset } of inputs) this.#ledger.run(localId).take("input", dataset.name);
    this.#writer.request(localId, "inputs", inputs);
    this.#changed();
  }

  async logArtifact(localId: string, path: string, body: Blob): Promise<void> {
    const { maxStoredBytes, maxMemoryBytes, whenFull } = this.#settings;
    if (whenFull === "block") await this.#waiters.until(() => this.#ledger.bytes <= maxMemoryBytes || this.#paused);
    const { blobBytes } = this.#ledger;
    if (blobBytes + body.size > maxStoredBytes) {
      throw new StorageError(
        `Cannot keep artifact "${path}" as delivery.maxStoredBytes must leave room for its ${body.size} bytes: current value is ${maxStoredBytes}, and ${blobBytes} wait`,
      );
    }
    void this.#begin();
    this.#ledger.blobBytes += body.size;
    this.#ledger.request(localId, ["artifact", path]);
    this.#writer.request(localId, "artifact", path, 0, body);
    this.#changed();
    if (await this.#writer.persist()) return;
    throw new StorageError(`Cannot keep artifact "${path}" in "${this.#storage.name}": it is in memory and tried again`);
  }

  async runId(localId: string, options: RunIdOptions = {}): Promise<string> {
    const parked = (): boolean => this.#engine?.parked().includes(localId) === true;
    await this.#waiters.until(() => this.#mappings.has(localId) || this.#closed !== undefined || parked(), options);
    options.signal?.throwIfAborted();
    const runId = this.#mappings.get(localId)?.runId;
    if (runId !== undefined) return runId;
    const problems = this.#problems.list().map(({ message }) => message);
    const reason = ["it must be created on the server first", ...problems].join(". ");
    throw new TimeoutError(`Cannot give MLflow's id of run "${localId}" as ${reason}`, { method: "POST", url: "runs/create" });
  }

  knownRunId(id: string): string | undefined {
    return this.#mappings.get(id)?.runId ?? (this.#localIds.has(id) ? id : undefined);
  }

  localIdOf(id: string): string | undefined {
    return this.#localIds.get(id) ?? (this.#mappings.has(id) || this.#ledger.has(id) ? id : undefined);
  }

  async settle(options: { runs?: readonly string[]; timeout: number; signal?: AbortSignal }): Promise<number> {
    const runs = options.runs && new Set(options.runs.map((id) => this.localIdOf(id) ?? id));
    const left = (): number => {
      if (!runs) return total(this.#ledger.waiting);
      return [...runs].reduce((sum, id) => sum + (this.#ledger.has(id) ? total(this.#ledger.run(id).waiting) : 0), 0);
    };
    if (left() === 0 || options.timeout <= 0 || this.#settings.mode === "manual") return left();
    await this.#deliver(options, runs);
    return left();
  }

  async flush(options: FlushOptions = {}): Promise<FlushReport> {
    if (options.until !== "durable") await this.#deliver(options);
    else {
      const kept = this.#keep();
      await this.#waiters.until(() => kept() !== undefined, options);
    }
    options.signal?.throwIfAborted();
    return this.#report();
  }

  receipt(localId: string): Receipt {
    const id = this.localIdOf(localId) ?? localId;
    return this.#ledger.run(id).receipt(id, this.#mappings.get(id)?.runId);
  }

  status(): QueueStatus {
    const { inFlight, delivered, quarantined, dropped } = this.#ledger;
    const parked = this.#parked();
    const waiting = copy(this.#ledger.waiting);
    add(waiting, inFlight, -1);
    add(waiting, parked, -1);
    return {
      waiting,
      inFlight: copy(inFlight),
      delivered: copy(delivered),
      parked,
      quarantined: copy(quarantined),
      dropped: copy(dropped),
      host: this.#paused ? "paused" : (this.#engine?.host ?? "unknown"),
      lag: this.#engine?.age ?? 0,
      storage: this.#storage.name,
      problems: this.#problems.list(),
    };
  }

  subscribe(listener: (status: QueueStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#run();
    this.#changed();
  }

  resume(): void {
    this.#paused = false;
    this.#run();
    this.#engine?.unpark();
    this.#changed();
  }

  close(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<FlushReport> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close({ timeout = this.#settings.exitTimeout, signal }: { timeout?: number; signal?: AbortSignal }): Promise<FlushReport> {
    const limits = { timeout, ...(signal && { signal }) };
    const manual = this.#settings.mode === "manual";
    if (this.durable || manual) {
      const kept = this.#keep();
      await this.#waiters.until(() => kept() !== undefined, limits);
    }
    else await this.#deliver(limits);
    this.#engine?.stop();
    this.#writer.stop();
    for (const leave of this.#leave) leave();
    this.#leave = [];
    // Aborted requests are over within a few turns; the storage is not pulled away from under them.
    await this.#waiters.until(() => this.#engine?.idle !== false, { timeout: 1_000 });
    const report = this.#report();
    await this.#drain?.then(({ store }) => store.close()).catch(() => undefined);
    this.#changed();
    return report;
  }

  /** Seals and puts all that was logged, and waits until it is delivered or cannot be. */
  async #deliver(limits: { timeout?: number; signal?: AbortSignal }, runs?: ReadonlySet<string>): Promise<void> {
    this.#flushing++;
    this.#run();
    const kept = this.#keep(runs);
    let order: number | undefined;
    const done = (): boolean => {
      const stored = kept();
      if (!stored || !this.#engine) return stored === false || this.#untouched();
      if (order === undefined) {
        order = this.#order;
        this.#engine.urge(order);
        if (!runs) this.#engine.hurry();
      }
      // A person has to act: nothing moves however long one waits.
      return this.#engine.clear(order, runs) || this.#paused || this.#engine.host === "refused";
    };
    await this.#waiters.until(done, limits);
    this.#flushing--;
    this.#run();
  }

  /** Puts all that was logged before; tells whether that succeeded, undefined while it is not known. */
  #keep(runs?: ReadonlySet<string>): () => boolean | undefined {
    let kept: boolean | undefined = this.#untouched() || undefined;
    if (kept) return () => kept;
    if (runs) for (const run of runs) this.#writer.seal(run);
    else this.#writer.seal();
    void this.#writer.persist().then((stored) => {
      kept = stored;
      this.#waiters.check();
    });
    return () => kept;
  }

  /** Nothing was logged, and nothing can wait from before. */
  #untouched(): boolean {
    return !this.#drain && !this.durable && total(this.#ledger.waiting) === 0;
  }

  /** Sends in auto mode, and while somebody flushes. */
  #run(): void {
    this.#engine?.run(!this.#paused && (this.#settings.mode === "auto" || this.#flushing > 0));
  }

  /** Puts what the writer holds into the store, and tells the engine. */
  async #put(writer: Writer): Promise<void> {
    const { put, store, engine } = await this.#begin();
    const order = await put(writer, store, this.#id, () => this.#runtime.clock.now());
    this.#order = Math.max(this.#order, order);
    engine.appended();
  }

  /** The first write: opens the storage, loads what sends (so that it costs no page its start), hears the platform. */
  #begin(): Promise<Drain> {
    if (!this.#drain) {
      this.#drain = this.#open();
      // A failure is reported by whoever needed it, and the next one tries again.
      this.#drain.catch(() => {
        this.#drain = undefined;
      });
    }
    return this.#drain;
  }

  async #open(): Promise<Drain> {
    const { lifecycle, online } = this.#runtime;
    if (this.#leave.length === 0) {
      this.#leave.push(
        lifecycle.onHidden(() => void this.#writer.persist()),
        online.onOnline(() => this.#engine?.hurry()),
      );
    }
    const [{ put }, { SyncEngine }, store] = await Promise.all([
      import("./put.ts"),
      import("./sync-engine.ts"),
      this.#storage.open(),
    ]);
    const counts = await store.status();
    this.#ledger.begin(counts);
    this.#order = counts.order;
    this.#engine = new SyncEngine({
      name: this.#storage.name,
      store,
      client: this.#client,
      runtime: this.#runtime,
      ledger: this.#ledger,
      problems: this.#problems,
      settings: this.#settings,
      settleDelay: SETTLE_DELAY,
      maxBytes: this.#maxBytes,
      mappings: this.#mappings,
      onMapped: (mapping) => this.#mapped(mapping),
      onChange: () => this.#changed(),
    });
    this.#run();
    this.#changed();
    return { put, store, engine: this.#engine };
  }

  #mapped(mapping: RunMapping): void {
    this.#mappings.set(mapping.localId, mapping);
    this.#localIds.set(mapping.runId, mapping.localId);
    this.#waiters.check();
  }

  #parked(): Count {
    const parked = { points: 0, requests: 0 };
    for (const id of this.#engine?.parked() ?? []) add(parked, this.#ledger.run(id).waiting);
    return parked;
  }

  #report(): FlushReport {
    const { delivered, quarantined, dropped } = this.#ledger;
    const parked = this.#parked();
    const pending = copy(this.#ledger.waiting);
    add(pending, parked, -1);
    return {
      delivered: copy(delivered),
      pending,
      parked,
      quarantined: copy(quarantined),
      dropped: copy(dropped),
      problems: this.#problems.list(),
    };
  }

  #changed(): void {
    this.#waiters.check();
    if (this.#listeners.size > 0) this.#tell();
  }

  /** Once per task, however much happened in it. */
  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    this.#runtime.clock.after(0, () => {
      this.#told = false;
      const status = this.status();
      for (const listener of this.#listeners) listener(status);
    });
  }
}

function copy(amount: Amount): Count {
  return { ...amount };
}

function total({ points, requests }: Amount): number {
  return points + requests;
}
