import { HttpError, NetworkError, TimeoutError, UnexpectedReplyError } from "../../errors/network-errors.ts";
import { CredentialsError } from "../../errors/usage-errors.ts";
import { isCreation } from "../chunk/is-creation.ts";
import { keysOf } from "../chunk/content.ts";
import type { ChunkKind } from "../chunk/request.ts";
import type { StoredChunk } from "../chunk/stored-chunk.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import { checkExperiment, checkRun, isDivisible, isInactive } from "./after-refusal.ts";
import type { Blamer } from "./blame.ts";
import type { SendOptions } from "./create-run.ts";
import type { DeliveryParts, Finish, Job } from "./delivery-parts.ts";
import { Divider } from "./divider.ts";
import type { HostGate } from "./host-gate.ts";
import { classify, CONFIRMATIONS, confirm, type Outcome, ParkError } from "./outcome.ts";
import { takesWrites } from "./probe.ts";
import { refusalOf, Retries } from "./retries.ts";
import type { Scheduler } from "./scheduler.ts";
import { SetAside } from "./set-aside.ts";
import { sleep } from "./sleep.ts";
import { isOfStorage } from "./storage-trouble.ts";
import { noteUndone } from "./undone.ts";
import { whatIsDenied } from "./what-is-denied.ts";
import { messageOf, sentence } from "./words-of-errors.ts";

/** Milliseconds after which a body as large as one that was refused is tried again: the limit may be another one, or was none. */
const TOO_LARGE = 600_000;

/** Only the chunk is tried again, of which the server has nothing. */
const again: Outcome = { action: "retry", host: false, ambiguous: false, refused: false };

/** Judges what the server made of chunks, and says what that means for the store. */
export class Verdicts {
  /** What takes chunks and runs out of the way, and what puts parts in the place of chunks. */
  readonly aside: SetAside;
  readonly divider: Divider;
  readonly #parts: DeliveryParts;
  readonly #gate: HostGate;
  readonly #options: SendOptions;
  readonly #retries: Retries;
  readonly #note: LeaderNote;
  /** Bodies of this size were too large for the host, and until when, as a monotonic time, that is taken for granted. */
  #tooLarge = Number.POSITIVE_INFINITY;
  #tooLargeUntil = 0;

  constructor(parts: DeliveryParts, view: Scheduler, gate: HostGate, note: LeaderNote, options: SendOptions) {
    this.#parts = parts;
    this.#gate = gate;
    this.#options = options;
    this.#retries = new Retries(parts, gate, note);
    this.#note = note;
    this.divider = new Divider(parts, view, note, this.settle, options);
    this.aside = new SetAside(parts, view, note);
  }

  /** Waits until negative evidence counts. */
  readonly settle = (): Promise<void> =>
    sleep(this.#parts.runtime.clock, this.#parts.settleDelay, this.#options.signal);

  /** True for a chunk that the host would refuse for its size, unless nothing is left to divide: only the host can say. */
  tooLarge({ chunk, content }: Job): boolean {
    if (chunk.bytes < this.#tooLarge || isCreation(content.kind) || !isDivisible(content)) return false;
    if (this.#parts.runtime.clock.monotonic() < this.#tooLargeUntil) return true;
    this.#tooLarge = Number.POSITIVE_INFINITY;
    return false;
  }

  /** Decides by the outcome what becomes of a chunk that was not acknowledged. */
  async failed(job: Job, error: unknown): Promise<Finish | undefined> {
    const { run, item, chunk, content, term } = job;
    const { store, client } = this.#parts;
    let cause = error;
    // What makes sure of an experiment before a run is created in it says nothing about the creation.
    // Nor do answers that differ say the same of it: what is never taken is refused in one way, each time.
    if (item.refusedBy !== undefined && refusalOf(error) !== item.refusedBy) item.refusals = 0;
    let outcome: Outcome = classify(cause, chunk.kind, item.refusals);
    try {
      const denied = outcome.action === "deny" && (await this.#denied(job));
      if (denied) outcome = denied;
      if (outcome.action === "inspect" && item.inherited > 0 && !isDivisible(content)) {
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
      if (isOfStorage(second)) throw second;
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
          await this.#note.keep();
          await noteUndone(this.#parts, run.id, content, true);
          await store.acknowledge(chunk.order, term, undefined, keysOf(content));
          this.acknowledged(chunk);
        };
      case "park":
        return this.aside.park(run, messageOf(cause));
      case "pause":
        this.refusedAll(cause);
        return undefined;
      default:
        this.#retries.later(job, outcome.action === "retry" ? outcome : undefined, cause, cause === error);
        if (cause !== error || !(await this.#isGuilty(job, cause))) return undefined;
        // It is not the host that fails.
        this.open();
        return this.refused(job, cause).catch(unlessOfStorage);
    }
  }

  /** True for a chunk that fails while others go through; where nothing else is sent, a write that tells nothing is. */
  async #isGuilty(job: Job, cause: unknown): Promise<boolean> {
    const judge = (): ReturnType<Blamer["judge"]> =>
      this.#retries.blamer.judge(job, cause, this.#parts.runtime.clock.monotonic());
    if (judge() !== "suspect") return judge() === "guilty";
    if (!(await takesWrites(job.run, this.#parts.client, this.#note, this.#options))) return false;
    this.succeeded();
    return judge() === "guilty";
  }

  /** What a refusal in plain text means, as far as others are refused as well. */
  async #denied({ run, item }: Job): Promise<Outcome> {
    const denied = await whatIsDenied(
      this.#parts.client,
      run.mapping?.model?.runId ?? run.mapping?.runId,
      this.#options,
    );
    if (denied === "all") return { action: "pause" };
    this.open();
    if (denied === "body") return confirm(item.refusals);
    // One such answer may be that of a proxy which knows for a moment nobody. What the whole was refused for says nothing here.
    const outcome = confirm(item.refusals - item.inherited);
    return outcome.action === "retry" ? outcome : { action: "park" };
  }

  /** The server never takes this body: what it has of it already is done, the rest is divided; a single item goes aside. */
  async refused(job: Job, cause: unknown): Promise<Finish | undefined> {
    const { run, chunk, content } = job;
    const { runtime } = this.#parts;
    const status = cause instanceof HttpError ? cause.status : 0;
    // The file of an artifact goes another way, and its size is not that of its chunk.
    if (status === 413 && chunk.kind !== "artifact") {
      this.#tooLarge = Math.min(this.#tooLarge, chunk.bytes);
      this.#tooLargeUntil = runtime.clock.monotonic() + TOO_LARGE;
    }
    if (cause !== undefined && status !== 413 && (chunk.span === 1 || chunk.count === 1)) {
      // Sent or refused as if it were there.
      const expected = cause instanceof HttpError && cause.errorCode === "INVALID_PARAMETER_VALUE" ? 0 : 1;
      try {
        const finish = await this.divider.there(job, expected);
        if (finish) return finish;
      } catch (error) {
        if (this.#options.signal.aborted || !isOfLook(error)) throw error;
        if (this.#retries.looksAgain(job, error)) return undefined;
        // It cannot be read, so nothing is known to be there.
      }
    }
    const halves = this.divider.halves(job);
    if (halves) return halves;
    if (isCreation(content.kind)) return this.aside.park(run, messageOf(cause));
    return this.aside.quarantine(job, content, cause);
  }

  /** A chunk is sent; gives its place, for `succeeded`. */
  sends(): number {
    return this.#retries.blamer.sends();
  }

  /** The server acknowledged a chunk that was sent at that place, or another write. */
  succeeded(sent?: { readonly kind: ChunkKind; readonly place: number }): void {
    this.#retries.blamer.took(sent);
    this.open();
  }

  /** The host takes requests. */
  readonly open = (): void => {
    const { problems, runtime } = this.#parts;
    if (!this.#gate.ok(runtime.clock.monotonic())) return;
    problems.solve("server-unreachable");
    problems.solve("server-refused");
  };

  /** The host refuses everybody. */
  readonly refusedAll = (cause: unknown): void => {
    const { problems, runtime } = this.#parts;
    this.#gate.refused(runtime.clock.monotonic());
    const message = `${sentence(cause)} Nothing is lost: what is logged waits until the server takes it`;
    problems.report({ kind: "server-refused", message, cause });
  };

  /** Counts a chunk as delivered. */
  acknowledged(chunk: StoredChunk): void {
    this.#parts.ledger.settle(chunk, "acknowledged");
    this.#parts.ledger.bytes -= chunk.bytes;
  }
}

/** False where a look at what the server has met no storage, no server, or nobody to ask as: that is nothing it said. */
function isOfLook(error: unknown): boolean {
  if (isOfStorage(error) || error instanceof CredentialsError || error instanceof ParkError) return false;
  // Such an answer may be given to this request alone.
  if (error instanceof TimeoutError || error instanceof UnexpectedReplyError) return true;
  if (error instanceof NetworkError) return error.originRefused;
  const outcome = classify(error, "update", 0);
  return outcome.action !== "retry" || !outcome.host;
}

/** The next try meets the server again. */
function unlessOfStorage(error: unknown): undefined {
  if (isOfStorage(error)) throw error;
}
