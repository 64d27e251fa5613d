import type { CallOptions } from "../client/types/connection.ts";
import { HttpError, TimeoutError } from "../errors/network-errors.ts";
import { StorageError } from "../errors/usage-errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { backoff } from "./backoff.ts";
import { RunCreator, type SendOptions } from "./create-run.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import type { HostGate } from "./host-gate.ts";
import type { Entries, Fate, Ledger } from "./ledger.ts";
import { classify, type Outcome, ParkError } from "./outcome.ts";
import type { Problems } from "./problems.ts";
import { isEnd } from "./request.ts";
import type { Item, RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Content, decodeChunk, send } from "./send.ts";
import { type ChildDraft, type QueueStore, type RunMapping, StaleTermError, type StoredChunk } from "./storage.ts";
import type { DeliverySettings } from "./settings.ts";

/** Failures of one chunk, while others succeed, after which the chunk itself is taken for the cause; of one item. */
const POISON = 5;
const POISON_ITEM = 10;
/** Failures after which a person is told. */
const TELL = 3;
/** Points from which on a chunk came at a pace that is worth a request at once. */
const BRISK = 250;

/** What deliveries need. */
export interface DeliveryParts {
  /** Of the storage, for people. */
  readonly name: string;
  readonly store: QueueStore;
  readonly client: DeliveryClient;
  readonly runtime: Runtime;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly settings: DeliverySettings;
  readonly settleDelay: number;
  /** Runs that were created or adopted in this session, or verified. */
  readonly mappings: ReadonlyMap<string, RunMapping>;
  readonly onMapped: (mapping: RunMapping) => void;
}

/** What is left to do in the storage once the server has had its say. */
export type Finish = () => Promise<void>;

/** One chunk that is being delivered. */
interface Job {
  readonly run: RunState;
  readonly item: Item;
  readonly chunk: StoredChunk;
  readonly content: Content;
  readonly term: number;
}

/** Its parent is created first. */
const waits = Symbol("waits for the parent");

/** Delivers single chunks: sends, judges the answer, and says what it means for the store. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #view: Scheduler;
  readonly #gate: HostGate;
  readonly #creator: RunCreator;
  readonly #options: SendOptions & CallOptions;
  #successes = 0;
  /** Bodies of this size were too large for the host. */
  #tooLarge = Number.POSITIVE_INFINITY;

  constructor(parts: DeliveryParts, view: Scheduler, gate: HostGate, signal: AbortSignal) {
    this.#parts = parts;
    this.#view = view;
    this.#gate = gate;
    this.#creator = new RunCreator(parts.client, parts.runtime.clock, parts.settleDelay);
    this.#options = { signal, timeout: parts.settings.requestTimeout, retry: false };
  }

  /** Sends a chunk and gives what to do in the storage; undefined when the chunk stays where it is. */
  async attempt(run: RunState, item: Item, term: number): Promise<Finish | undefined> {
    const { store } = this.#parts;
    const chunk = await store.seal(item.header.order, term);
    if (!chunk) return async () => {};
    const job: Omit<Job, "content"> = { run, item, chunk, term };
    let content: Content;
    try {
      content = decodeChunk(chunk);
    } catch (error) {
      // Of a newer version: it is not ours to judge, and stays for those who can read it.
      if ((error as Error).name === "ChunkVersionError") return this.#park(run, messageOf(error));
      return this.#quarantine(job, undefined, error);
    }
    if (!run.mapping) {
      run.mapping = this.#parts.mappings.get(run.id);
      run.checked = run.mapping !== undefined;
      run.mapping ??= await store.mapping(run.id);
      if (run.mapping && !run.checked) this.#parts.onMapped(run.mapping);
    }
    try {
      return await this.#try({ ...job, content });
    } catch (error) {
      if (error instanceof StorageError || error instanceof StaleTermError) throw error;
      if (this.#options.signal.aborted || error === waits) return undefined;
      return this.#failed({ ...job, content }, error);
    }
  }

  async #try(job: Job): Promise<Finish | undefined> {
    const { run, chunk, content, term } = job;
    if (chunk.bytes >= this.#tooLarge && chunk.kind !== "artifact") return this.#refused(job, undefined);
    const mapping = await this.#send(job);
    this.#succeeded();
    if (chunk.kind === "metrics") run.linger = chunk.count >= BRISK ? 0 : run.linger * 2 || this.#parts.settings.flushInterval;
    return async () => {
      await this.#parts.store.acknowledge(chunk.order, term, mapping);
      this.#settle(chunk, content, "acknowledged");
      if (!mapping) return;
      run.mapping = mapping;
      run.checked = true;
      this.#parts.onMapped(mapping);
    };
  }

  /** Gives the mapping of a run that was created. */
  async #send({ run, item, chunk, content, term }: Job): Promise<RunMapping | undefined> {
    const { store, client } = this.#parts;
    const options = this.#options;
    if (content.kind === "create") {
      if (run.mapping) return run.mapping;
      const { parent } = content.request;
      const local = parent && "local" in parent ? parent.local : undefined;
      const known = local === undefined ? undefined : await stored(store.mapping(local));
      if (local !== undefined && !known && item.parent === undefined) {
        item.parent = local;
        throw waits;
      }
      item.sent = false;
      const mark = async (): Promise<void> => {
        await stored(store.markAttempted(chunk.order, term));
        item.sent = true;
      };
      return this.#creator.create(content.request, item.ambiguous, known, mark, options);
    }
    const { mapping } = run;
    if (!mapping) throw new ParkError("it was never created on the server");
    if (!run.checked) await (await import("./mend.ts")).checkRun(client, mapping, options);
    run.checked = true;
    await send(client, mapping, content, chunk.blob, options);
    if (content.kind === "update" && isEnd(content.request) && (run.doubtfulCreate || run.doubts.size > 0)) {
      await this.#tidy(run, mapping);
    }
    return undefined;
  }

  async #tidy(run: RunState, { runId }: RunMapping): Promise<void> {
    const { store, client, problems } = this.#parts;
    const { tidy } = await import("./mend.ts");
    const desired = await stored(store.desired(run.id));
    const report = (message: string, key: string): void =>
      problems.report({ kind: "server-refused", run: run.id, key, message });
    try {
      for (const twin of await tidy(client, this.#creator, run, desired, this.#options)) {
        report(`Run ${twin} is a second one for run ${runId} and holds data: it was tagged "mlflow.tracklet.duplicateOf"`, twin);
      }
    } catch (error) {
      // The end itself was acknowledged: only what may pass is worth another try of it.
      if (classify(error, "update", 0).action === "retry") throw error;
      report(`Cannot make sure of the last tags of run ${runId}: ${messageOf(error)}`, runId);
    }
    run.doubtfulCreate = false;
    run.doubts.clear();
  }

  /** Decides by the outcome what becomes of a chunk that was not acknowledged. */
  async #failed(job: Job, error: unknown): Promise<Finish | undefined> {
    const { run, item, chunk, content, term } = job;
    const { store, client, runtime, problems } = this.#parts;
    let cause = error;
    let outcome: Outcome = classify(cause, chunk.kind, item.refusals);
    try {
      if (outcome.action === "inspect") {
        const { checkRun, checkExperiment } = await import("./mend.ts");
        if (run.mapping) await checkRun(client, run.mapping, this.#options);
        else if (content.kind === "create" && "id" in content.request.experiment) {
          await checkExperiment(client, content.request.experiment.id, this.#options);
        }
        // The run is fine, so it is the chunk; that a tag is gone is what its deletion asked for.
        const gone = chunk.kind === "untag" && cause instanceof HttpError && cause.status === 404;
        outcome = { action: gone ? "satisfied" : "split" };
      }
      if (outcome.action === "split") return await this.#refused(job, cause);
    } catch (second) {
      if (second instanceof StorageError || second instanceof StaleTermError) throw second;
      cause = second;
      outcome = classify(second, chunk.kind, 0);
    }
    switch (outcome.action) {
      case "satisfied":
        return async () => {
          await store.acknowledge(chunk.order, term);
          this.#settle(chunk, content, "acknowledged");
        };
      case "park":
        return this.#park(run, messageOf(cause));
      case "pause": {
        this.#gate.refused(runtime.clock.monotonic());
        const message = `${messageOf(cause)}. Nothing is lost: what is logged waits until the server takes it`;
        problems.report({ kind: "server-refused", message, cause });
        return undefined;
      }
      default:
        this.#later(job, outcome.action === "retry" ? outcome : undefined, cause);
        return this.#isPoison(job, cause) ? this.#refused(job, cause).catch(() => undefined) : undefined;
    }
  }

  /** A chunk that keeps failing while others go through is what fails, not the server. */
  #isPoison({ item, chunk }: Job, cause: unknown): boolean {
    const own = cause instanceof HttpError || cause instanceof TimeoutError || chunk.kind === "artifact";
    const limit = chunk.count > 1 ? POISON : POISON_ITEM;
    return own && item.failures >= limit && this.#successes > item.successes;
  }

  #later({ run, item, chunk, content }: Job, outcome: (Outcome & { action: "retry" }) | undefined, cause: unknown): void {
    const { runtime, problems } = this.#parts;
    const now = runtime.clock.monotonic();
    if (outcome?.refused) item.refusals++;
    else item.failures++;
    if (item.successes < 0) item.successes = this.#successes;
    item.until = now + (outcome?.after ?? backoff(item.failures + item.refusals, runtime.random.fraction()));
    if (outcome?.ambiguous) {
      // Nobody knows whether the server acted, or will.
      if (content.kind === "create" && item.sent) run.doubtfulCreate = item.ambiguous = true;
      else if (content.kind === "tags") for (const [key] of content.request) run.doubts.add(key);
      else if (content.kind === "untag") run.doubts.add(content.request);
      else if (content.kind === "update") run.doubts.add("");
    }
    if (outcome?.host) {
      this.#gate.failed(now, outcome.after);
      item.until = now;
    } else if (cause instanceof HttpError) {
      this.#gate.ok();
    }
    if (outcome?.host ? !(cause instanceof HttpError) || item.failures >= TELL : item.failures === TELL) {
      const message = `${messageOf(cause)}. Nothing is lost: ${chunk.kind} and what follows wait, and are tried again`;
      problems.report({ kind: "server-unreachable", message, cause });
    }
  }

  /** The server never takes this body: what it has of it already is done, the rest is divided; a single item goes aside. */
  async #refused(job: Job, cause: unknown): Promise<Finish | undefined> {
    const { run, chunk, content } = job;
    const { client } = this.#parts;
    const { divide, metricsDraft, readBack } = await import("./mend.ts");
    const status = cause instanceof HttpError ? cause.status : 0;
    if (status === 413) this.#tooLarge = Math.min(this.#tooLarge, chunk.bytes);
    if (content.kind === "metrics" && status === 400 && run.mapping && (chunk.span === 1 || chunk.count === 1)) {
      const { present, missing } = await readBack(client, run.mapping.runId, content.columns, this.#options);
      if (present.count > 0) {
        return async () => {
          await this.#replace(job, missing.count > 0 ? [metricsDraft(missing)] : []);
          this.#parts.ledger.settle({ ...chunk, count: present.count }, "acknowledged", present);
        };
      }
    }
    const children = divide(content);
    if (children) return () => this.#replace(job, children);
    if (cause === undefined) {
      // One item that may be too large: only the server can say.
      this.#tooLarge = Number.POSITIVE_INFINITY;
      return this.#try(job);
    }
    if (content.kind === "create") return this.#park(run, messageOf(cause));
    return this.#quarantine(job, content, cause);
  }

  async #replace({ chunk, item, term }: Job, children: readonly ChildDraft[]): Promise<void> {
    const { store, runtime } = this.#parts;
    const headers = await store.replace(chunk.order, term, children, "delivered");
    // What went through since the whole failed speaks against its parts as well.
    for (const header of headers ?? []) this.#view.add(header, runtime.clock.monotonic(), item.successes);
  }

  #quarantine({ chunk, run, term }: Omit<Job, "content">, content: Content | undefined, cause: unknown): Finish {
    const { store, problems, ledger } = this.#parts;
    return async () => {
      const reason = messageOf(cause);
      await store.quarantine(chunk.order, term, reason);
      const entries = content ? entriesOf(content) : [];
      ledger.settle(chunk, "quarantined", entries);
      const key = "count" in entries ? entries.keys[entries.key[0]!] : entries[0]?.[1];
      const what = `${content?.kind ?? "damaged chunk"}${key === undefined ? "" : ` "${key}"`} of run "${run.id}"`;
      problems.report({
        kind: "quarantined",
        run: run.id,
        ...(key !== undefined && { key }),
        message: `Set aside: ${what}. ${reason}. Nothing else waits for it`,
        cause,
      });
    };
  }

  #park(run: RunState, reason: string): undefined {
    run.parked = reason;
    this.#view.forget(run);
    const message = `Cannot go on with run "${run.id}" as ${reason}. What it logs is kept: queue.resume() tries again`;
    this.#parts.problems.report({ kind: "run-parked", run: run.id, message });
    return undefined;
  }

  #succeeded(): void {
    this.#successes++;
    this.#gate.ok();
    this.#parts.problems.solve("server-unreachable");
    this.#parts.problems.solve("server-refused");
  }

  #settle(chunk: StoredChunk, content: Content, fate: Fate): void {
    this.#parts.ledger.settle(chunk, fate, entriesOf(content));
    this.#parts.ledger.bytes -= chunk.bytes;
  }
}

/** Says so of the store, so that its failure is not taken for the server's. */
function stored<T>(operation: Promise<T>): Promise<T> {
  return operation.catch((cause: unknown) => {
    throw cause instanceof StaleTermError ? cause : new StorageError(messageOf(cause), { cause });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a chunk stands for in receipts. */
function entriesOf(content: Content): Parameters<Ledger["settle"]>[2] {
  switch (content.kind) {
    case "metrics":
      return content.columns;
    case "params":
      return content.request.map(([key, , calls]) => ["param", key, calls] as const) as Entries;
    case "tags":
      return content.request.map(([key, , calls]) => ["tag", key, calls] as const) as Entries;
    case "untag":
      return [["tag", content.request, 1]];
    case "inputs":
      return content.request.map(({ dataset }) => ["input", dataset.name, 1] as const) as Entries;
    case "artifact":
      return [["artifact", content.request, 1]];
    default:
      return [];
  }
}
