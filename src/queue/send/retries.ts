import { HttpError } from "../../errors/network-errors.ts";
import { isCreation } from "../chunk/is-creation.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import { backoff } from "./backoff.ts";
import { Blamer } from "./blame.ts";
import type { DeliveryParts, Job } from "./delivery-parts.ts";
import { doubtContent } from "./doubt-content.ts";
import type { HostGate } from "./host-gate.ts";
import { CONFIRMATIONS, type Outcome } from "./outcome.ts";
import { mayComeLate } from "./versions.ts";
import { sentence } from "./words-of-errors.ts";

/** Failures after which a person is told. */
export const TELL = 3;
/** Looks in vain at what the server has of a refused chunk after which that is not known; refused alike, CONFIRMATIONS are enough. */
const LOOKS = 10;

/** Says when chunks that were not acknowledged are tried again. */
export class Retries {
  readonly #parts: DeliveryParts;
  readonly #gate: HostGate;
  readonly #note: LeaderNote;
  /** Which of them fail by themselves. */
  readonly blamer: Blamer = new Blamer();

  constructor(parts: DeliveryParts, gate: HostGate, note: LeaderNote) {
    this.#parts = parts;
    this.#gate = gate;
    this.#note = note;
  }

  /** Plans the next try, and tells a person of what does not pass. `own`: it was the chunk itself that failed. */
  later(job: Job, outcome: (Outcome & { action: "retry" }) | undefined, cause: unknown, own: boolean): void {
    const { run, item, chunk, content } = job;
    const { runtime, problems } = this.#parts;
    const now = runtime.clock.monotonic();
    let alone = false;
    if (outcome?.refused) {
      if (item.refusals === 0 && item.refusedBy !== undefined) item.failures++;
      item.refusals++;
      item.refusedBy = refusalOf(cause);
    } else {
      item.failures++;
      alone = own && this.blamer.failed(job, cause, now);
    }
    item.until = now + (outcome?.after ?? backoff(item.failures + item.refusals, runtime.random.fraction()));
    if (outcome?.ambiguous) {
      // Nobody knows whether the server acted, or will.
      if (isCreation(content.kind) && item.sent) {
        item.ambiguous = true;
        this.#note.doubtCreate(run.id);
      }
      doubtContent(this.#note, run, content);
      if (content.kind === "artifact" && mayComeLate(cause)) {
        this.#parts.lateUploads.add(run.id, content.request, chunk.order, now);
      }
    }
    if (outcome?.host) {
      this.#gate.failed(now, outcome.after);
      // It is the host that waits; what fails while others go through waits by itself as well, so that they do.
      if (!alone) item.until = now;
    } else if (!outcome?.refused) this.#gate.missed(now, run.id, cause instanceof HttpError);
    else if (cause instanceof HttpError) this.#gate.ok(now);
    if (outcome?.host ? !(cause instanceof HttpError) || item.failures >= TELL : item.failures === TELL) {
      const message = `${sentence(cause)} Nothing is lost: ${chunk.kind} and what follows wait, and are tried again`;
      problems.report({ kind: "server-unreachable", message, cause });
    }
  }

  /** Plans another look at what the server has of a chunk that it refused; false when it could not be read often enough. */
  looksAgain({ item }: Job, cause: unknown): boolean {
    const { unread } = item;
    const isRefused = cause instanceof HttpError && (cause.status < 500 || cause.status === 501);
    const by = isRefused ? refusalOf(cause) : undefined;
    unread.alike = by === unread.by ? unread.alike + 1 : 1;
    unread.by = by;
    if (++unread.count >= LOOKS || (by !== undefined && unread.alike >= CONFIRMATIONS)) return false;
    const { clock, random } = this.#parts.runtime;
    item.until = clock.monotonic() + backoff(unread.count, random.fraction());
    return true;
  }
}

/** Where a request went that was answered with an error, and with which. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof HttpError ? `${error.status} ${error.errorCode} ${error.request.url}` : undefined;
}
