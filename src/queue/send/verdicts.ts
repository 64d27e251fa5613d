import { HttpError } from "../../errors/network-errors.ts";
import { StorageError } from "../../errors/usage-errors.ts";
import { type Content, decodeChunk, keysOf } from "../chunk/content.ts";
import type { SendOptions } from "./create-run.ts";
import type { DeliveryParts, Finish, Job } from "./delivery-parts.ts";
import { messageOf, sentence } from "./words-of-errors.ts";
import type { HostGate } from "./host-gate.ts";
import { type KeyCounts, keyCounts } from "../account/key-counts.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import { checkExperiment, checkRun, divide, isInactive, metricsDraft, readBack } from "./after-refusal.ts";
import { isCreation } from "../chunk/is-creation.ts";
import { classify, CONFIRMATIONS, confirm, type Outcome } from "./outcome.ts";
import { parkedCure } from "./parked-cure.ts";
import { refusalOf, Retries } from "./retries.ts";
import { isDiscarded, type RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import { sleep } from "./sleep.ts";
import type { ChildDraft, StoredChunk } from "../chunk/stored-chunk.ts";
import { ofStorage } from "./storage-trouble.ts";
import { StaleTermError } from "../storage.ts";
import { whatIsDenied } from "./what-is-denied.ts";

/** Only the chunk is tried again, of which the server has nothing. */
const again: Outcome = { action: "retry", host: false, ambiguous: false, refused: false };

/** Set, and deleted at once. */
const PROBE_TAG = "mlflow.tracklet.probe";

/** Judges what the server made of chunks, and says what that means for the store. */
export class Verdicts {
  readonly #parts: DeliveryParts;
  readonly #view: Scheduler;
  readonly #gate: HostGate;
  readonly #options: SendOptions;
  readonly #retries: Retries;
  readonly #note: LeaderNote;
  /** Bodies of this size were too large for the host. */
  #tooLarge = Number.POSITIVE_INFINITY;

  constructor(parts: DeliveryParts, view: Scheduler, gate: HostGate, note: LeaderNote, options: SendOptions) {
    this.#parts = parts;
    this.#view = view;
    this.#gate = gate;
    this.#options = options;
    this.#retries = new Retries(parts, gate, note);
    this.#note = note;
  }

  /** Waits until negative evidence counts. */
  readonly settle = (): Promise<void> =>
    sleep(this.#parts.runtime.clock, this.#parts.settleDelay, this.#options.signal);

  /** True for a chunk that the host would refuse for its size, unless it may be a single item: only the host can say. */
  tooLarge({ bytes, kind, count }: StoredChunk): boolean {
    return bytes >= this.#tooLarge && kind !== "artifact" && count > 1;
  }

  /** Decides by the outcome what becomes of a chunk that was not acknowledged. */
  async failed(job: Job, error: unknown): Promise<Finish | undefined> {
    const { run, item, chunk, content, term } = job;
    const { store, client, runtime, problems } = this.#parts;
    let cause = error;
    // What makes sure of an experiment before a run is created in it says nothing about the creation.
    // Nor do answers that differ say the same of it: what is never taken is refused in one way, each time.
    if (item.refusedBy !== undefined && refusalOf(error) !== item.refusedBy) item.refusals = 0;
    let outcome: Outcome = classify(cause, chunk.kind, item.refusals);
    try {
      const denied = outcome.action === "deny" && (await this.#denied(job));
      if (denied) outcome = denied;
      if (outcome.action === "inspect" && item.inherited > 0 && !divide(content)) {
        // Nothing is left to divide: it is the last item itself that is asked for again.
        item.refusals -= item.inherited;
        item.inherited = 0;
        outcome = denied ? confirm(item.refusals) : classify(cause, chunk.kind, item.refusals);
      }
      if (outcome.action === "inspect") {
        if (run.mapping) await checkRun(client, run.mapping, this.settle, this.#options);
        else if (content.kind === "create" && "id" in content.request.experiment) {
          await checkExperiment(client, content.request.experiment.id, this.#options);
        }
        if (isInactive(cause)) {
          // It was restored since, or a replica has not heard of its end: asked again, the server says the same or takes it.
          item.refusals = 0;
          outcome = again;
        }
      }
      if (outcome.action === "inspect") {
        // The run is fine, so it is the chunk; that a tag is gone is what its deletion asked for.
        const gone = chunk.kind === "untag" && cause instanceof HttpError && cause.status === 404;
        outcome = { action: gone ? "satisfied" : "split" };
      }
      if (outcome.action === "split") return await this.refused(job, cause);
    } catch (second) {
      if (second instanceof StorageError || second instanceof StaleTermError) throw second;
      cause = second;
      // It was the run that was asked for, whatever the chunk is.
      outcome = classify(second, "update", 0);
      // What was asked first was answered: nobody else is refused. One such answer may be that of a proxy, as above.
      if (outcome.action === "deny") {
        if (item.deniedBy !== refusalOf(second)) item.denials = 0;
        item.deniedBy = refusalOf(second);
        outcome = ++item.denials < CONFIRMATIONS ? again : { action: "park" };
      }
    }
    switch (outcome.action) {
      case "satisfied":
        return async () => {
          await store.acknowledge(chunk.order, term, undefined, keysOf(content));
          this.acknowledged(chunk);
        };
      case "park":
        return this.park(run, messageOf(cause));
      case "pause": {
        this.#gate.refused(runtime.clock.monotonic());
        const message = `${sentence(cause)} Nothing is lost: what is logged waits until the server takes it`;
        problems.report({ kind: "server-refused", message, cause });
        return undefined;
      }
      default:
        this.#retries.later(job, outcome.action === "retry" ? outcome : undefined, cause);
        // Where nothing else is sent, nothing else can go through.
        if (this.#retries.isSuspect(job, cause) && !this.#retries.isPoison(job, cause) && (await this.#writes(run))) {
          this.succeeded();
        }
        return this.#retries.isPoison(job, cause) ? this.refused(job, cause).catch(() => undefined) : undefined;
    }
  }

  /** True when the server takes another write of a run: one that it has to store, as it may read, but have no room. */
  async #writes({ mapping }: RunState): Promise<boolean> {
    if (!mapping || mapping.model) return false;
    const { client, runtime } = this.#parts;
    try {
      await client.runs.setTag(mapping.runId, PROBE_TAG, `${runtime.clock.now()}`, this.#options);
      await client.runs.deleteTag(mapping.runId, PROBE_TAG, this.#options);
      return true;
    } catch (error) {
      if (error instanceof StorageError || error instanceof StaleTermError) throw error;
      return false;
    }
  }

  /** What a refusal in plain text means, as far as others are refused as well. */
  async #denied({ run, item }: Job): Promise<Outcome> {
    const denied = await whatIsDenied(
      this.#parts.client,
      run.mapping?.model?.runId ?? run.mapping?.runId,
      this.#options,
    );
    if (denied === "all") return { action: "pause" };
    this.#open();
    if (denied === "body") return confirm(item.refusals);
    // One such answer may be that of a proxy which knows for a moment nobody. What the whole was refused for says nothing here.
    const outcome = confirm(item.refusals - item.inherited);
    return outcome.action === "retry" ? outcome : { action: "park" };
  }

  /** The server never takes this body: what it has of it already is done, the rest is divided; a single item goes aside. */
  async refused(job: Job, cause: unknown): Promise<Finish | undefined> {
    const { run, chunk, content } = job;
    const status = cause instanceof HttpError ? cause.status : 0;
    if (status === 413) this.#tooLarge = Math.min(this.#tooLarge, chunk.bytes);
    if (cause !== undefined && status !== 413 && (chunk.span === 1 || chunk.count === 1)) {
      // Sent or refused as if it were there.
      const expected = cause instanceof HttpError && cause.errorCode === "INVALID_PARAMETER_VALUE" ? 0 : 1;
      const finish = await this.there(job, expected);
      if (finish) return finish;
    }
    const children = divide(content);
    if (children) return () => this.#replace(job, children);
    if (isCreation(content.kind)) return this.park(run, messageOf(cause));
    return this.quarantine(job, content, cause);
  }

  /**
   * What the server has of a chunk of points is done, and the rest is left; undefined when it has nothing of it. Where
   * fewer than `expected` are found, it is looked a second time.
   */
  async there(job: Job, expected: number): Promise<Finish | undefined> {
    const { run, chunk, content } = job;
    if (content.kind !== "metrics" || !run.mapping) return undefined;
    const { mapping } = run;
    const look = (): ReturnType<typeof readBack> =>
      readBack(this.#parts.client, mapping, content.columns, this.#options);
    let { present, missing } = await look();
    if (present.count < expected) {
      // The request may be on its way still, or the history be that of a replica.
      await this.settle();
      ({ present, missing } = await look());
    }
    if (present.count === 0) return undefined;
    return async () => {
      await this.#replace(job, missing.count > 0 ? [metricsDraft(missing)] : [], keyCounts(present));
      this.#parts.ledger.settle({ ...chunk, count: present.count }, "acknowledged");
    };
  }

  async #replace({ chunk, item, term }: Job, children: readonly ChildDraft[], there: KeyCounts = []): Promise<void> {
    const { store, runtime, ledger } = this.#parts;
    const headers = await store.replace(chunk.order, term, children, "delivered", there);
    // Nothing of it, but where it lay: what its put was told of it may come later than its parts.
    ledger.settle({ ...chunk, count: 0 }, "acknowledged");
    // What went through since the whole failed speaks against its parts as well.
    for (const header of headers ?? []) this.#view.add(header, runtime.clock.monotonic(), item.successes);
  }

  /** Sets a chunk aside with the reason. */
  quarantine({ chunk, run, term }: Omit<Job, "content">, content: Content | undefined, cause: unknown): Finish {
    const { store, problems, ledger } = this.#parts;
    return async () => {
      const reason = messageOf(cause);
      const keys = content ? keysOf(content) : [];
      await store.quarantine(chunk.order, term, reason, keys);
      ledger.settle(chunk, "quarantined");
      const key = keys[0]?.[1];
      const what = `${content?.kind ?? "damaged chunk"}${key === undefined ? "" : ` "${key}"`} of run "${run.id}"`;
      problems.report({
        kind: "quarantined",
        run: run.id,
        ...(key !== undefined && { key }),
        message: `Set aside: ${what}. ${sentence(reason)} Nothing else waits for it: queue.quarantine lists, retries or discards it`,
        cause,
      });
    };
  }

  /** Lets only this run wait, until a person takes it up again. */
  async park(run: RunState, reason: string): Promise<undefined> {
    // Somebody gave it up in the meantime.
    const [first] = run.items;
    if (first && isDiscarded(run, first.header)) return;
    this.#view.park(run, reason);
    const message = `Cannot go on with run "${run.id}" as ${sentence(reason)} What it logs is kept: ${parkedCure}`;
    this.#parts.problems.report({ kind: "run-parked", run: run.id, message });
    this.#note.park(run.id, reason);
    await ofStorage(this.#note.keep());
  }

  /** Drops a chunk of a run that a person gave up; with the last one the run is over. */
  discard({ run, chunk, term }: Omit<Job, "content">): Finish {
    const { store, ledger, problems } = this.#parts;
    return async () => {
      if (chunk.kind === "discard") {
        // What is asked for in vain is no more wanted, and what came to the server stays as it is.
        this.#note.settle(run.id);
        this.#note.unpark(run.id);
      }
      await this.#note.keep();
      await store.drop(chunk.order, term, keysIn(chunk));
      this.#note.gone(chunk);
      ledger.settle(chunk, "dropped");
      ledger.bytes -= chunk.bytes;
      if (chunk.order !== run.discardTo) return;
      run.discardTo = undefined;
      problems.solve("run-parked", run.id);
    };
  }

  /** The server acknowledged something. */
  succeeded(): void {
    this.#retries.successes++;
    this.#open();
  }

  /** The host takes requests. */
  #open(): void {
    const { problems, runtime } = this.#parts;
    if (!this.#gate.ok(runtime.clock.monotonic())) return;
    problems.solve("server-unreachable");
    problems.solve("server-refused");
  }

  /** Counts a chunk as delivered. */
  acknowledged(chunk: StoredChunk): void {
    this.#parts.ledger.settle(chunk, "acknowledged");
    this.#parts.ledger.bytes -= chunk.bytes;
  }
}

/** What a chunk stands for; nothing that is known when its bytes are damaged, or of a newer version. */
function keysIn(chunk: StoredChunk): KeyCounts {
  try {
    return keysOf(decodeChunk(chunk));
  } catch {
    return [];
  }
}
