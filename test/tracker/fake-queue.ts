import type { DatasetInput } from "../../src/client/types/entities.ts";
import type { Queue } from "../../src/queue/queue.ts";
import type {
  Amount,
  FlushOptions,
  FlushReport,
  NewRun,
  Problem,
  QueueStatus,
  Receipt,
  ReceiptLine,
  RunChange,
} from "../../src/queue/types.ts";
import type { WaitLimits } from "../../src/queue/waiters.ts";

const none = { points: 0, requests: 0 };

/** A queue that keeps what it is given, in order, and delivers nothing by itself. */
export class FakeQueue implements Queue {
  readonly calls: unknown[][] = [];
  readonly created: NewRun[] = [];
  readonly bodies: Map<string, Blob> = new Map<string, Blob>();
  readonly ids: Map<string, string> = new Map<string, string>();
  readonly settled: { runs?: readonly string[]; timeout: number }[] = [];
  durable = false;
  readonly refused: Map<string, { -readonly [K in keyof ReceiptLine]: ReceiptLine[K] }[]> = new Map<
    string,
    { -readonly [K in keyof ReceiptLine]: ReceiptLine[K] }[]
  >();
  /** What `settle` and `flush` say is left. */
  left = 0;
  /** What `flush` and `status` say about the rest. */
  parked: Amount = none;
  quarantined: Amount = none;
  dropped: Amount = none;
  host: QueueStatus["host"] = "unknown";
  /** Of it, what reports say is kept nowhere. */
  unkept: Amount = none;
  problems: readonly Problem[] = [];

  createRun(run: NewRun): void {
    this.created.push(run);
    this.calls.push(["create", run.localId]);
  }
  adoptRun(localId: string, runId: string, experimentId: string): void {
    this.ids.set(localId, runId);
    this.calls.push(["adopt", localId, runId, experimentId]);
  }
  logMetric(localId: string, key: string, value: number, timestamp: number, step: number): void {
    this.calls.push(["metric", localId, key, value, timestamp, step]);
  }
  logParam(...call: [localId: string, key: string, value: string]): void {
    this.calls.push(["param", ...call]);
  }
  setTag(...call: [localId: string, key: string, value: string]): void {
    this.calls.push(["tag", ...call]);
  }
  deleteTag(...call: [localId: string, key: string]): void {
    this.calls.push(["untag", ...call]);
  }
  updateRun(localId: string, change: RunChange): void {
    this.calls.push(["update", localId, change]);
  }
  logInputs(localId: string, inputs: readonly DatasetInput[]): void {
    this.calls.push(["inputs", localId, inputs]);
  }
  requestModel(localId: string, kind: string, request: object): void {
    this.calls.push([kind, localId, request]);
  }
  async logArtifact(localId: string, path: string, body: Blob): Promise<void> {
    this.bodies.set(path, body);
    this.calls.push(["artifact", localId, path]);
  }
  runId(localId: string): Promise<string> {
    const id = this.ids.get(localId);
    return id === undefined ? new Promise(() => {}) : Promise.resolve(id);
  }
  knownRunId(id: string): string | undefined {
    return this.ids.get(id) ?? ([...this.ids.values()].includes(id) ? id : undefined);
  }
  async findRunId(id: string): Promise<string | undefined> {
    return this.knownRunId(id);
  }
  localIdOf(id: string): string | undefined {
    if (this.created.some((run) => run.localId === id)) return id;
    return [...this.ids].find((pair) => pair.includes(id))?.[0];
  }
  async settle(options: { runs?: readonly string[]; timeout: number; signal?: AbortSignal }): Promise<number> {
    this.settled.push(options);
    return this.left;
  }
  async flush(options?: FlushOptions): Promise<FlushReport> {
    this.calls.push(["flush", options?.until ?? "delivered"]);
    return this.#report();
  }
  #report(): FlushReport {
    const pending = { points: 0, requests: this.left };
    return {
      delivered: none,
      pending,
      parked: this.parked,
      others: none,
      unkept: this.unkept,
      quarantined: this.quarantined,
      dropped: this.dropped,
      problems: this.problems,
    };
  }
  async locks(): Promise<undefined> {}
  async finish(): Promise<void> {
    this.calls.push(["finish"]);
  }
  quarantine(): ReturnType<Queue["quarantine"]> {
    const none = { list: async function* () {} };
    return Promise.resolve(none as unknown as Awaited<ReturnType<Queue["quarantine"]>>);
  }
  refuse(localId: string, kind: ReceiptLine["kind"], key: string, count: number): void {
    const lines = this.refused.get(localId) ?? [];
    this.refused.set(localId, lines);
    const line = lines.find((one) => one.kind === kind && one.key === key);
    if (line) {
      line.logged += count;
      line.quarantined += count;
    } else lines.push({ kind, key, logged: count, distinct: 0, acknowledged: 0, dropped: 0, quarantined: count });
  }
  async waiting(): Promise<undefined> {}
  async receipt(localId: string): Promise<Receipt> {
    return { run: localId, runId: this.ids.get(localId), lines: this.refused.get(localId) ?? [] };
  }
  status(): QueueStatus {
    const waiting = { points: 0, requests: this.left };
    return {
      waiting,
      inFlight: none,
      delivered: none,
      parked: this.parked,
      quarantined: this.quarantined,
      dropped: none,
      host: this.host,
      lag: 0,
      storage: "memory",
      problems: [],
    };
  }
  subscribe(): () => void {
    return () => {};
  }
  pause(): void {
    this.calls.push(["pause"]);
  }
  resume(): void {
    this.calls.push(["resume"]);
  }
  async discardRun(...call: unknown[]): Promise<void> {
    this.calls.push(["discardRun", ...call]);
  }
  async prepare(): Promise<void> {
    this.calls.push(["prepare"]);
  }
  keepNow(): FlushReport {
    this.calls.push(["keepNow"]);
    return this.#report();
  }
  async recover(): Promise<void> {
    this.calls.push(["recover"]);
  }
  async close(_limits?: WaitLimits): Promise<FlushReport> {
    this.calls.push(["close"]);
    return this.flush();
  }

  /** Calls of one kind, without the kind and the run. */
  of(kind: string): unknown[][] {
    return this.calls.filter((call) => call[0] === kind).map((call) => call.slice(2));
  }
}
