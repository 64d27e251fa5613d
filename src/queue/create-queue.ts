import type { DatasetInput } from "../client/types/entities.ts";
import { TimeoutError } from "../errors/network-errors.ts";
import { StorageError } from "../errors/usage-errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { add, type Count, Ledger } from "./ledger.ts";
import { Problems } from "./problems.ts";
import type { Queue, QueueOptions } from "./queue.ts";
import { isEnd } from "./request.ts";
import type { QueueStorage, RunMapping } from "./storage.ts";
import { SyncEngine } from "./sync-engine.ts";
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

class StoredQueue implements Queue {
  readonly durable: boolean;
  readonly #storage: QueueStorage;
  readonly #runtime: Runtime;
  readonly #settings: Settings;
  readonly #ledger = new Ledger();
  readonly #problems: Problems;
  readonly #writer: Writer;
  readonly #engine: SyncEngine;
  readonly #waiters: Waiters;
  /** Both ways: our id to MLflow's, and MLflow's to ours. */
  readonly #runIds = new Map<string, string>();
  readonly #localIds = new Map<string, string>();
  #opened: Promise<void> | undefined;
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
    this.#waiters = new Waiters(runtime);
    this.#problems = new Problems(onProblem);
    const { fraction } = runtime.random;
    const common = { storage, ledger: this.#ledger, problems: this.#problems, flushInterval, whenFull };
    this.#writer = new Writer({
      ...common,
      // Unique on a device without a secure source of chance as well: time, and two fractions.
      id: `${runtime.clock.now().toString(36)}-${fraction.call(runtime.random).toString(36).slice(2)}`,
      clock: runtime.clock,
      batchSize: settings.batchSize,
      full: (bytes) => bytes > maxMemoryBytes || bytes + this.#ledger.bytes > maxBytes,
      onAppended: (order) => {
        this.#order = Math.max(this.#order, order);
        this.#engine.appended();
      },
    });
    this.#engine = new SyncEngine({
      ...common,
      client,
      runtime,
      concurrency: settings.concurrency,
      requestTimeout: settings.requestTimeout,
      settleDelay: SETTLE_DELAY,
      maxBytes,
      onMapped: (mapping) => this.#mapped(mapping),
      onChange: () => this.#changed(),
    });
  }

  createRun(run: NewRun): void {
    this.#begin();
    this.#ledger.request(run.localId);
    // At once, but with all that is logged in the same task: a person waits to see the run.
    this.#writer.request(run.localId, "create", run, 0);
    this.#changed();
  }

  adoptRun(localId: string, runId: string, experimentId: string): void {
    this.#begin();
    const mapping = { localId, runId, experimentId, adopted: true };
    this.#engine.adopt(mapping);
    this.#mapped(mapping);
    void this.#storage.map(mapping).catch((cause: unknown) => {
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
    this.#writer.request(localId, "untag", key);
    this.#changed();
  }

  updateRun(localId: string, change: RunChange): void {
    if (isEnd(change)) this.#writer.end(localId);
    this.#ledger.request(localId);
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
    if (whenFull === "block") await this.#waiters.until(() => this.#ledger.bytes <= maxMemoryBytes || this.#stands());
    const { blobBytes } = this.#ledger;
    if (blobBytes + body.size > maxStoredBytes) {
      throw new StorageError(
        `Cannot keep artifact "${path}" as delivery.maxStoredBytes must leave room for its ${body.size} bytes: current value is ${maxStoredBytes}, and ${blobBytes} wait`,
      );
    }
    this.#begin();
    this.#ledger.blobBytes += body.size;
    this.#ledger.request(localId, ["artifact", path]);
    this.#writer.request(localId, "artifact", path, 0, body);
    this.#changed();
    if (await this.#writer.persist()) return;
    throw new StorageError(`Cannot keep artifact "${path}" in "${this.#storage.name}": it is in memory and tried again`);
  }

  async runId(localId: string, options: RunIdOptions = {}): Promise<string> {
    const parked = (): boolean => this.#engine.parked().includes(localId);
    await this.#waiters.until(() => this.#runIds.has(localId) || this.#closed !== undefined || parked(), options);
    options.signal?.throwIfAborted();
    const runId = this.#runIds.get(localId);
    if (runId !== undefined) return runId;
    const problems = this.#problems.list().map(({ message }) => message);
    const reason = ["it must be created on the server first", ...problems].join(". ");
    throw new TimeoutError(`Cannot give MLflow's id of run "${localId}" as ${reason}`, { method: "POST", url: "runs/create" });
  }

  knownRunId(id: string): string | undefined {
    return this.#runIds.get(id) ?? (this.#localIds.has(id) ? id : undefined);
  }

  localIdOf(id: string): string | undefined {
    return this.#localIds.get(id) ?? (this.#runIds.has(id) || this.#ledger.has(id) ? id : undefined);
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
      const done = this.#keep();
      await this.#waiters.until(done, options);
    }
    options.signal?.throwIfAborted();
    return this.#report();
  }

  receipt(localId: string): Receipt {
    const id = this.localIdOf(localId) ?? localId;
    return this.#ledger.run(id).receipt(id, this.#runIds.get(id));
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
      host: this.#paused ? "paused" : this.#engine.host,
      lag: this.#engine.age,
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
    this.#engine.unpark();
    this.#changed();
  }

  close(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<FlushReport> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close({ timeout = this.#settings.exitTimeout, signal }: { timeout?: number; signal?: AbortSignal }): Promise<FlushReport> {
    const limits = { timeout, ...(signal && { signal }) };
    const manual = this.#settings.mode === "manual";
    if (this.durable || manual) await this.#waiters.until(this.#keep(), limits);
    else await this.#deliver(limits);
    this.#engine.stop();
    this.#writer.stop();
    for (const leave of this.#leave) leave();
    this.#leave = [];
    // Aborted requests are over within a few turns; the storage is not pulled away from under them.
    await this.#waiters.until(() => this.#engine.idle, { timeout: 1_000 });
    const report = this.#report();
    await this.#storage.close().catch(() => undefined);
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
      if (!kept()) return false;
      if (order === undefined) {
        order = this.#order;
        this.#engine.urge(order);
      }
      return this.#engine.clear(order, runs) || this.#stands();
    };
    await this.#waiters.until(done, limits);
    this.#flushing--;
    this.#run();
  }

  /** Puts all that was logged before; tells when that is done. */
  #keep(runs?: ReadonlySet<string>): () => boolean {
    this.#begin();
    let kept = false;
    if (runs) for (const run of runs) this.#writer.seal(run);
    else this.#writer.seal();
    void this.#writer.persist().then((stored) => {
      kept = stored;
      this.#waiters.check();
    });
    return () => kept;
  }

  /** Nothing moves however long one waits: a person has to act. */
  #stands(): boolean {
    return this.#paused;
  }

  /** Sends in auto mode, and while somebody flushes. */
  #run(): void {
    this.#engine.run(!this.#paused && (this.#settings.mode === "auto" || this.#flushing > 0));
  }

  /** The first write: opens the storage and listens to the platform. */
  #begin(): void {
    this.#opened ??= this.#open();
  }

  async #open(): Promise<void> {
    const { lifecycle, online } = this.#runtime;
    this.#leave.push(
      lifecycle.onHidden(() => void this.#writer.persist()),
      online.onOnline(() => this.#engine.hurry()),
    );
    try {
      this.#ledger.begin(await this.#storage.open());
    } catch (cause) {
      this.#problems.report({ kind: "storage", message: `Cannot open the queue in "${this.#storage.name}"`, cause });
    }
    this.#run();
  }

  #mapped({ localId, runId }: RunMapping): void {
    this.#runIds.set(localId, runId);
    this.#localIds.set(runId, localId);
    this.#waiters.check();
  }

  #parked(): Count {
    const parked = { points: 0, requests: 0 };
    for (const id of this.#engine.parked()) add(parked, this.#ledger.run(id).waiting);
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
