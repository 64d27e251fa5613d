import { HttpError, NetworkError, TimeoutError } from "../../errors/network-errors.ts";
import { isCreation } from "../chunk/is-creation.ts";
import type { ChunkKind } from "../chunk/request.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import { backoff } from "./backoff.ts";
import type { DeliveryParts, Job } from "./delivery-parts.ts";
import { doubtContent } from "./doubt-content.ts";
import type { HostGate } from "./host-gate.ts";
import type { Outcome } from "./outcome.ts";
import { sentence } from "./words-of-errors.ts";

/** Failures of one chunk, while others succeed, after which the chunk itself is taken for the cause; of one item. */
const POISON = 5;
const POISON_ITEM = 10;
/** Failures after which a person is told. */
const TELL = 3;

/** Says when chunks that were not acknowledged are tried again, and which of them fail by themselves. */
export class Retries {
  readonly #parts: DeliveryParts;
  readonly #gate: HostGate;
  readonly #note: LeaderNote;
  /** Chunks that the server acknowledged. */
  successes = 0;

  constructor(parts: DeliveryParts, gate: HostGate, note: LeaderNote) {
    this.#parts = parts;
    this.#gate = gate;
    this.#note = note;
  }

  /** A chunk that keeps failing while others go through is what fails, not the server. */
  isPoison(job: Job, cause: unknown): boolean {
    return this.isSuspect(job, cause) && this.successes > job.item.successes;
  }

  /** A chunk that has failed so often that it may be the cause. */
  isSuspect({ item, chunk }: Job, cause: unknown): boolean {
    // What looks for a run before it is created says nothing about its creation.
    const own = chunk.kind === "artifact" || (isOfBody(cause) && (!isCreation(chunk.kind) || item.sent));
    const limit = chunk.count > 1 ? POISON : POISON_ITEM;
    return own && item.strikes >= limit;
  }

  /** Plans the next try, and tells a person of what does not pass. */
  later(
    { run, item, chunk, content }: Job,
    outcome: (Outcome & { action: "retry" }) | undefined,
    cause: unknown,
  ): void {
    const { runtime, problems } = this.#parts;
    const now = runtime.clock.monotonic();
    if (outcome?.refused) {
      if (item.refusals === 0 && item.refusedBy !== undefined) item.failures++;
      item.refusals++;
      item.refusedBy = refusalOf(cause);
    } else {
      item.failures++;
      // That there is no network speaks against an upload only where others have met one since the last try.
      const speaks = isOfBody(cause) || (isOfUpload(chunk.kind, cause) && this.successes > item.lastSuccesses);
      if (speaks && (!isCreation(chunk.kind) || item.sent)) {
        // An upload that fails, and a look at it that fails another time, are two things that may go better.
        if (item.struckAt !== methodOf(cause)) item.strikes = 0;
        item.struckAt = methodOf(cause);
        item.strikes++;
      }
      item.lastSuccesses = this.successes;
    }
    if (item.successes < 0) item.successes = this.successes;
    item.until = now + (outcome?.after ?? backoff(item.failures + item.refusals, runtime.random.fraction()));
    if (outcome?.ambiguous) {
      // Nobody knows whether the server acted, or will.
      if (isCreation(content.kind) && item.sent) {
        item.ambiguous = true;
        this.#note.doubtCreate(run.id);
      }
      doubtContent(this.#note, run, content);
    }
    if (outcome?.host) {
      this.#gate.failed(now, outcome.after);
      item.until = now;
    } else if (!outcome?.refused) this.#gate.missed(now, run.id, cause instanceof HttpError);
    else if (cause instanceof HttpError) this.#gate.ok(now);
    if (outcome?.host ? !(cause instanceof HttpError) || item.failures >= TELL : item.failures === TELL) {
      const message = `${sentence(cause)} Nothing is lost: ${chunk.kind} and what follows wait, and are tried again`;
      problems.report({ kind: "server-unreachable", message, cause });
    }
  }
}

/** True for failures that a body can be the cause of: it takes the server too long, or brings it down. */
function isOfBody(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof HttpError && error.status >= 500);
}

/** The same of a file. That the server asks for a pause is not of what was sent. */
function isOfUpload(kind: ChunkKind, error: unknown): boolean {
  return kind === "artifact" && !(error instanceof HttpError && error.status === 429);
}

/** How it was asked what failed. */
function methodOf(error: unknown): string | undefined {
  return error instanceof HttpError || error instanceof NetworkError ? error.request.method : undefined;
}

/** Where a request went that was answered with an error, and with which. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof HttpError ? `${error.status} ${error.errorCode} ${error.request.url}` : undefined;
}
