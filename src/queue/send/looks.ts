import type { CallOptions } from "../../client/types/connection.ts";
import { HttpError } from "../../errors/network-errors.ts";
import { namesOf } from "../lead/doubt-fields.ts";
import type { Doubt } from "../lead/merged-doubts.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { DeliveryParts } from "./delivery-parts.ts";
import type { HostGate } from "./host-gate.ts";
import { classify, CONFIRMATIONS, type Outcome } from "./outcome.ts";
import { refusalOf, TELL } from "./retries.ts";
import type { Scheduler } from "./scheduler.ts";
import { isOfStorage } from "./storage-trouble.ts";
import type { Verdicts } from "./verdicts.ts";
import { whatIsDenied } from "./what-is-denied.ts";
import { messageOf, sentence } from "./words-of-errors.ts";

/** Between a look that ended no doubt and the next one, doubled by each that fails up to the second; while a person has to act, and the look came through, the second. */
const AGAIN = 15_000;
const SELDOM = 600_000;
/** A run that was not shown for so long stays in doubt for good: permissions, and what stands before a server, also come back. */
const UNSEEN = 3_600_000;

/** Looks at one run that ended no doubt. */
interface Looked {
  /** Monotonic time of the last. */
  at: number;
  /** What it met that says when the next one is. */
  met: "away" | "deleted" | undefined;
  /** Looks in a row that failed. */
  failures: number;
  /** What refused the run last, how often in a row in this way, and since when. */
  by?: string | undefined;
  alike: number;
  since: number;
}

/** What looks need beside the parts of a delivery. */
export interface LookParts extends Pick<DeliveryParts, "client" | "runtime" | "problems" | "settings"> {
  readonly options: CallOptions;
  readonly gate: HostGate;
  readonly verdicts: Pick<Verdicts, "open" | "refusedAll">;
}

/** Judges what looks at runs in doubt met: what it says of the host, and when a run is looked at again, if at all. */
export class Looks {
  readonly #parts: LookParts;
  readonly #view: Scheduler;
  readonly #looked = new Map<string, Looked>();
  /** Looks in a row that met no host. */
  #row = 0;

  constructor(parts: LookParts, view: Scheduler) {
    this.#parts = parts;
    this.#view = view;
  }

  /** Monotonic time before which a run is not looked at again. */
  due(run: string): number {
    const looked = this.#looked.get(run);
    if (!looked) return 0;
    const { at, met, failures } = looked;
    const seldom = met === "deleted" || (met !== "away" && this.#view.parks(run));
    return at + (seldom ? SELDOM : Math.min(SELDOM, AGAIN * 2 ** Math.max(0, failures - 1)));
  }

  /** Looks in a row that were refused in one way. */
  alike(run: string): number {
    return this.#looked.get(run)?.alike ?? 0;
  }

  /** A look came through and ended no doubt. */
  later(run: string, met?: "deleted"): void {
    this.#looked.set(run, { at: this.#now(), met, failures: 0, alike: 0, since: 0 });
  }

  /** A look came through. */
  succeeded(run: string): void {
    this.#looked.delete(run);
    this.#open();
  }

  /** A run is in doubt no more. */
  forget(run: string): void {
    this.#looked.delete(run);
  }

  /** A person may have set right what kept looks from ending doubts. */
  hurry(): void {
    for (const looked of this.#looked.values()) {
      looked.failures = 0;
      looked.met = undefined;
    }
  }

  /** A look failed; true when there is no sense in another one, which is told. */
  async failed(run: string, mapping: RunMapping, doubt: Doubt, error: Error): Promise<boolean> {
    const { options, gate, problems, settings, verdicts } = this.#parts;
    const { cause, outcome } = await this.#judge(mapping, error);
    const now = this.#now();
    const { failures = 0, ...before } = this.#looked.get(run) ?? { alike: 0, since: now };
    const looked: Looked = { ...before, at: now, met: "away", failures: failures + 1 };
    this.#looked.set(run, looked);
    // The term is over: that is nothing the host did.
    if (options.signal?.aborted) return false;
    if (outcome.action === "pause") verdicts.refusedAll(cause);
    else if (outcome.action === "retry" && outcome.host) {
      gate.failed(now, outcome.after);
      if (++this.#row < TELL && cause instanceof HttpError) return false;
      const message = `${sentence(cause)} Nothing is lost: what it may have of requests without an answer is made sure of once it answers`;
      problems.report({ kind: "server-unreachable", message, cause });
    } else if (outcome.action === "retry" && !outcome.refused) gate.missed(now, run, cause instanceof HttpError);
    else {
      this.#open();
      looked.met = undefined;
      const by = refusalOf(cause) ?? messageOf(cause);
      if (looked.by !== by) Object.assign(looked, { by, alike: 0, since: now });
      looked.alike++;
      const isLong = now - looked.since >= Math.max(UNSEEN, settings.requestTimeout);
      // What waits for a person is looked at once that has acted.
      if (looked.alike < CONFIRMATIONS || !isLong || this.#view.parks(run)) return false;
      const message = unseenText(mapping, doubt, cause);
      problems.report({ kind: "server-refused", run, key: message, message });
      return true;
    }
    return false;
  }

  /** What a failure means: a refusal in plain text only as far as others are refused as well. */
  async #judge(mapping: RunMapping, error: Error): Promise<{ readonly cause: Error; readonly outcome: Outcome }> {
    const outcome = classify(error, "update", 0);
    if (outcome.action !== "deny") return { cause: error, outcome };
    const { client, options } = this.#parts;
    try {
      const denied = await whatIsDenied(client, mapping.model?.runId ?? mapping.runId, options);
      return { cause: error, outcome: { action: denied === "all" ? "pause" : "park" } };
    } catch (second) {
      if (isOfStorage(second)) throw second;
      return { cause: second as Error, outcome: classify(second, "update", 0) };
    }
  }

  /** The host answers. While chunks wait they say whether it takes what it is there for. */
  #open(): void {
    this.#row = 0;
    const [waiting] = this.#view.orders();
    if (waiting === undefined) this.#parts.verdicts.open();
  }

  #now(): number {
    return this.#parts.runtime.clock.monotonic();
  }
}

function unseenText({ runId, localId, model }: RunMapping, { fields, create }: Doubt, cause: Error): string {
  const what = model ? "logged model" : "run";
  const late = fields.size > 0 ? ` An older request may have come late and overwritten ${namesOf(fields)}.` : "";
  const twin = create ? ` There may be a second ${what} for ${localId}.` : "";
  return `Cannot make sure of the last state of ${what} ${runId}, and gives it up: ${sentence(cause)}${late}${twin} Look at it in MLflow, and set what is wrong again`;
}
