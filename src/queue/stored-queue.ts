import type { DatasetInput } from "../client/types/entities.ts";
import type { Hiding } from "../runtime/ports/lifecycle.ts";
import type { Locks } from "../runtime/ports/locks.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { total } from "./amount.ts";
import { Drain } from "./drain/drain.ts";
import { Flusher } from "./drain/flusher.ts";
import { Ledger } from "./account/ledger.ts";
import { Problems } from "./problems.ts";
import type { KeyCounts } from "./account/key-counts.ts";
import type { MetricMemo, Queue } from "./queue.ts";
import { isEnd, type Requests } from "./chunk/request.ts";
import { RunIds } from "./drain/run-ids.ts";
import { type DeliverySettings, deliverySettings } from "./settings.ts";
import { keptReport, reportOf, statusOf } from "./status.ts";
import { StatusListeners } from "./status-listeners.ts";
import type { QueueStorage } from "./storage.ts";
import type { RunMapping } from "./run-mapping.ts";
import type { FlushOptions, FlushReport, NewRun, QueueStatus, Receipt, ReceiptLine, RunChange } from "./types.ts";
import type { StoredQuarantine } from "./drain/stored-quarantine.ts";
import { type WaitLimits, Waiters } from "./waiters.ts";
import { Writer } from "./write/writer.ts";
import type { CreateQueueOptions } from "./create-queue.ts";
import { roomOf } from "./chunk/file-body.ts";

/** A queue over a storage: takes what is logged, and leads it to the server by way of the storage. */
export class StoredQueue implements Queue {
  readonly #storage: QueueStorage;
  readonly #runtime: Runtime;
  readonly #settings: DeliverySettings;
  readonly #inProcess: boolean;
  readonly #ledger: Ledger;
  readonly #problems: Problems;
  readonly #writer: Writer;
  readonly #drain: Drain;
  readonly #waiters: Waiters;
  readonly #flusher: Flusher;
  readonly #ids = new RunIds();
  readonly #listeners: StatusListeners;
  /** Nothing can wait in the storage from before. */
  #fresh = false;
  #leave: (() => void)[] | undefined;
  #paused = false;
  #closed: Promise<FlushReport> | undefined;
  #ended = false;

  constructor({
    storage,
    client,
    runtime,
    delivery,
    onProblem,
    inProcess = false,
    keptRuns,
    lease,
    destination,
    moved,
  }: CreateQueueOptions) {
    const settings = deliverySettings(delivery);
    const { maxMemoryBytes, maxStoredBytes } = settings;
    const ledger = new Ledger((localId) => this.#forget(localId), keptRuns);
    const problems = new Problems(onProblem);
    // In memory, a quarter is for what is not put yet: the store drops from its oldest on, and never the newest for it.
    const fresh = maxMemoryBytes / 4;
    const maxBytes = (): number => (storage.durable ? maxStoredBytes : maxMemoryBytes - fresh);
    this.#ledger = ledger;
    this.#storage = storage;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#inProcess = inProcess;
    this.#problems = problems;
    this.#waiters = new Waiters(runtime);
    this.#listeners = new StatusListeners(runtime.clock, problems, () => this.status());
    this.#drain = new Drain({
      storage,
      client,
      runtime,
      ledger,
      problems,
      settings,
      lease,
      maxBytes,
      destination,
      moved,
      awaited: () => this.#flusher.flushing > 0 || ledger.hasOpen(),
      waited: () => this.#waiters.some,
      mappings: this.#ids.mappings,
      onMapped: (mapping) => this.#mapped(mapping),
      onChange: () => this.#changed(),
    });
    const full = (bytes: number): boolean =>
      bytes > (storage.durable ? maxMemoryBytes : Math.max(fresh, maxMemoryBytes - ledger.bytes));
    this.#writer = new Writer({
      ...settings,
      clock: runtime.clock,
      ledger,
      problems,
      full,
      pressing: (bytes) => full(2 * bytes) && ledger.bytes <= maxBytes(),
      put: (writer) => this.#drain.put(writer),
    });
    this.#flusher = new Flusher({
      drain: this.#drain,
      writer: this.#writer,
      waiters: this.#waiters,
      untouched: () => this.#untouched(),
      stopped: () => this.#paused || this.#ended,
      onFlushing: () => this.#run(),
    });
    this.#run();
  }

  get durable(): boolean {
    return this.#storage.durable;
  }

  async recover(): Promise<void> {
    this.#fresh = (await this.#storage.holds?.()) === false;
    if (!this.#fresh && !this.#closed) this.#begin();
  }

  createRun(run: NewRun): void {
    this.#begin();
    // At once, but with all that is logged in the same task: a person waits to see the run.
    this.#request(run.localId, "create", run, [], 0);
  }

  adoptRun(localId: string, runId: string, experimentId: string): void {
    this.#begin();
    const mapping = { localId, runId, experimentId, adopted: true };
    this.#mapped(mapping);
    this.#drain.map(mapping);
  }

  logMetric(localId: string, key: string, value: number, timestamp: number, step: number, memo: MetricMemo = {}): void {
    this.#writer.metric(localId, key, value, timestamp, step, memo);
    this.#listeners.tell();
  }

  logParam(localId: string, key: string, value: string): void {
    this.#writer.row(localId, "params", key, value);
    this.#listeners.tell();
  }

  setTag(localId: string, key: string, value: string): void {
    this.#writer.row(localId, "tags", key, value);
    this.#listeners.tell();
  }

  deleteTag(localId: string, key: string): void {
    this.#writer.sealTags(localId);
    this.#ledger.request(localId, ["tag", key]);
    this.#writer.request(localId, "untag", key, [["tag", key, 1]]);
    this.#listeners.tell();
  }

  updateRun(localId: string, change: RunChange): void {
    if (isEnd(change)) this.#writer.end(localId);
    if (change.status !== undefined) this.#ledger.run(localId).ended = isEnd(change);
    this.#request(localId, "update", change);
  }

  logInputs(localId: string, inputs: readonly DatasetInput[]): void {
    for (const { dataset } of inputs) this.#ledger.run(localId).take("input", dataset.name);
    const keys = inputs.map(({ dataset }) => ["input", dataset.name, 1] as const);
    this.#request(localId, "inputs", inputs, keys);
  }

  async logArtifact(localId: string, path: string, body: Blob): Promise<void> {
    const size = roomOf({ blob: body });
    const { mode, whenFull, maxStoredBytes } = this.#settings;
    if (whenFull === "block") {
      const ended = (): boolean => this.#ended;
      const stands = (): boolean => this.#paused || (mode === "manual" && this.#flusher.flushing === 0);
      const { waitForRoom } = await this.#drain.load();
      await waitForRoom(path, size, { drain: this.#drain, waiters: this.#waiters, ended, stands });
    } else if (this.#ledger.blobBytes + size > maxStoredBytes) {
      throw (await this.#drain.load()).noRoomError(path, size, this.#drain);
    } else this.#ledger.blobBytes += size;
    this.#begin();
    this.#ledger.request(localId, ["artifact", path]);
    const entry = this.#writer.request(localId, "artifact", path, [["artifact", path, 1]], 0, body);
    this.#listeners.tell();
    if ((await this.#writer.persist()) && !entry.unread) return;
    throw (await this.#drain.load()).notKeptError(entry, this.#drain);
  }

  requestModel<K extends "model" | "finalize">(localId: string, kind: K, request: Requests[K]): void {
    // Nobody says when the last metric of it comes.
    this.#ledger.run(localId).ended = true;
    this.#request(localId, kind, request, [], 0);
  }

  runId(localId: string, options: WaitLimits = {}): Promise<string> {
    const isOver = (): boolean => this.#closed !== undefined || this.#drain.engine?.outlook.parks(localId) === true;
    const wait = { drain: this.#drain, waiters: this.#waiters, problems: this.#problems, isOver };
    return this.#ids.wait(localId, wait, options);
  }

  knownRunId(id: string): string | undefined {
    return this.#ids.runIdOf(id);
  }

  async findRunId(id: string): Promise<string | undefined> {
    if (this.knownRunId(id) === undefined && !this.#drain.untouched) {
      await (await this.#drain.load()).findCreated(this.#drain, id);
    }
    return this.knownRunId(id);
  }

  localIdOf(id: string): string | undefined {
    return this.#ids.localIdOf(id) ?? (this.#ledger.find(id) ? id : undefined);
  }

  async settle(options: { runs?: readonly string[]; timeout: number; signal?: AbortSignal }): Promise<number> {
    const runs = options.runs && new Set(options.runs.map((id) => this.localIdOf(id) ?? id));
    const left = (): number => {
      if (!runs) return total(this.#ledger.own);
      return [...runs].reduce((sum, id) => sum + total(this.#ledger.find(id)?.waiting), 0);
    };
    if (left() === 0 || options.timeout <= 0 || this.#settings.mode === "manual") return left();
    // Who is in a hurry wants to know now whether the server is back.
    if (!runs) this.#drain.engine?.hurry();
    await this.#flusher.deliver(options, runs ?? this.#ledger.open());
    await this.#flusher.refresh();
    return left();
  }

  async flush(options: FlushOptions = {}): Promise<FlushReport> {
    // What a server in this process has is in its file, and it takes no longer than a queue of its own.
    const delivers =
      options.until !== "durable" || (this.#inProcess && !this.durable && this.#settings.mode === "auto");
    let counted = false;
    if (!delivers) counted = await this.#flusher.keep(options);
    else if (options.until === "durable") await this.#flusher.deliver(options, undefined, true);
    else await this.#flusher.deliver(options);
    options.signal?.throwIfAborted();
    if (!counted) await this.#flusher.refresh();
    return reportOf(this.#drain, this.#writer);
  }

  finish(options: WaitLimits = {}): Promise<void> {
    const limits = { timeout: this.#settings.exitTimeout, ...options };
    return this.#flusher.finish(limits, this.#runtime.clock, async (rest) => {
      if (this.#settings.mode !== "auto") return;
      if (this.durable) await this.#flusher.deliver(rest, this.#ledger.open(), true);
      else await this.#flusher.deliver(rest, undefined, false, true);
    });
  }

  prepare(): Promise<void> {
    return this.#drain.prepare();
  }

  keepNow(): FlushReport {
    return keptReport(this.#drain, this.#writer);
  }

  async locks(): Promise<Locks | undefined> {
    this.#begin();
    return this.#drain.open().then(
      ({ store }) => store.locks,
      () => undefined,
    );
  }

  async quarantine(): Promise<StoredQuarantine> {
    return (await this.#drain.load()).openQuarantine(this.#drain);
  }

  async waiting(): ReturnType<Queue["waiting"]> {
    return (await this.#drain.load()).openWaiting(this.#drain, this.#writer, this.#untouched());
  }

  refuse(localId: string, kind: ReceiptLine["kind"], key: string, count: number): void {
    this.#ledger.run(localId).refuse(kind, key, count);
    if (!this.#ended) this.#writer.wakeIn(this.#settings.flushInterval);
  }

  async receipt(localId: string): Promise<Receipt> {
    const id = this.localIdOf(localId) ?? localId;
    const { drainedReceipt } = await this.#drain.load();
    return drainedReceipt(this.#drain, id, this.#untouched());
  }

  async discardRun(id: string, options: WaitLimits = {}): Promise<void> {
    const { discardRun } = await this.#drain.load();
    await discardRun(this.localIdOf(id) ?? id, this.#drain, this.#writer, this.#flusher, options);
  }

  status(): QueueStatus {
    return statusOf(this.#drain, this.#writer, this.#paused);
  }

  subscribe(listener: (status: QueueStatus) => void): () => void {
    return this.#listeners.add(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#run();
    this.#changed();
  }

  resume(): void {
    this.#paused = false;
    this.#run();
    this.#drain.engine?.unpark();
    this.#changed();
  }

  close(options: WaitLimits = {}): Promise<FlushReport> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close(options: WaitLimits): Promise<FlushReport> {
    const { clock } = this.#runtime;
    const end = clock.monotonic() + (options.timeout ?? this.#settings.exitTimeout);
    await this.finish(options);
    this.#ended = true;
    this.#drain.engine?.stop();
    this.#writer.stop();
    for (const leave of this.#leave ?? []) leave();
    const wasDurable = this.durable;
    // Aborted requests are over within a few turns; the storage is not pulled away from under them.
    await this.#waiters.until(() => this.#drain.engine?.idle !== false, { timeout: 1_000 });
    const { engine } = this.#drain;
    await engine?.concede(this.durable);
    const report = this.keepNow();
    this.#writer.close();
    await this.#drain.close(this.#waiters, end);
    this.#changed();
    // Only now is it taken, if somebody who lives longer takes what was in memory.
    return this.durable === wasDurable ? report : reportOf(this.#drain, this.#writer);
  }

  #request<K extends keyof Requests>(
    localId: string,
    kind: K,
    request: Requests[K],
    keys?: KeyCounts,
    delay?: number,
  ): void {
    this.#ledger.request(localId);
    this.#writer.request(localId, kind, request, keys, delay);
    this.#listeners.tell();
  }

  /** Nothing was logged, and nothing can wait from before. */
  #untouched(): boolean {
    return this.#drain.untouched && (!this.durable || this.#fresh) && total(this.#ledger.waiting) === 0;
  }

  /** Sends in auto mode, and while somebody flushes. */
  #run(): void {
    this.#drain.run(!this.#paused && (this.#settings.mode === "auto" || this.#flusher.flushing > 0));
  }

  /** The first write: opens what is needed, and hears the platform. */
  #begin(): void {
    if (this.#leave) return;
    const { lifecycle, online } = this.#runtime;
    this.#leave = [
      lifecycle.onHidden((how) => this.#hidden(how)),
      lifecycle.onShown?.(() => void this.#drain.late?.rise(this.#drain, this).catch(() => {})) ?? (() => {}),
      online.onOnline(() => this.#drain.engine?.hurry()),
    ];
    this.#drain.open().catch(() => {});
  }

  /** The page may be stopped in the next moment: what is done first is the surest to be done. */
  #hidden(how: Hiding): void {
    void this.#writer.persist();
    if (how === "left") this.#drain.lastWords(this.#writer);
    if (how !== "hidden") this.#drain.engine?.rest(how !== "frozen");
  }

  #mapped(mapping: RunMapping): void {
    this.#ids.add(mapping);
    this.#waiters.check();
  }

  /** A run that is long over: the storage knows it for as long as it keeps such runs. */
  #forget(localId: string): void {
    this.#ids.forget(localId);
    this.#writer.forget(localId);
  }

  #changed(): void {
    this.#waiters.check();
    this.#listeners.tell();
  }
}
