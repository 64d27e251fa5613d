import type { CallOptions } from "../client/types/connection.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Run, StartRunOptions } from "../tracker/types/run.ts";
import { ClaimLostError } from "./claim-lost-error.ts";
import { type ClaimPlace, writeOnce } from "./claim-place.ts";
import { claimState } from "./claim-state.ts";
import type { Lease } from "./lease.ts";
import type { CommitOptions, CommittedClaim, HeldClaim } from "./types.ts";
import { wholeAttempt } from "./whole-attempt.ts";

/** A claim of this program. */
export class OwnClaim implements HeldClaim {
  readonly state = "held";
  readonly generation: number;
  readonly lockRunId: string;
  readonly #place: ClaimPlace;
  readonly #lease: Lease;
  readonly #nonce: string;
  /** Our ids of the runs that it started. */
  readonly #attempts = new Set<string>();
  /** From the call of `release()` on, which may yet fail. */
  #isReleased = false;
  #over = false;

  constructor(place: ClaimPlace, lease: Lease, won: { readonly generation: number; readonly nonce: string }) {
    this.#place = place;
    this.#lease = lease;
    this.#nonce = won.nonce;
    this.generation = won.generation;
    this.lockRunId = place.runId;
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  startAttempt(options: StartRunOptions = {}): Run {
    if (this.#over || this.#isReleased) throw this.#ended("start an attempt of");
    const signal = options.signal === undefined ? this.signal : AbortSignal.any([options.signal, this.signal]);
    const tags = { ...options.tags, ...this.#tags(), "mlflow.tracklet.generation": String(this.generation) };
    const run = this.#place.tracker.startRun({ ...options, signal, tags });
    this.#attempts.add(run.localId);
    return run;
  }

  async commit(attempt: Run, options: CommitOptions = {}): Promise<CommittedClaim> {
    const { keys, what } = this.#place;
    if (this.#over) throw this.#ended("commit");
    await this.#mustBeAttempt(attempt, options);
    const before = await this.#outcome(attempt, options);
    if (before !== undefined) return before;
    this.#lease.mustHold();
    const { incomplete: _, ...limits } = options;
    await attempt.end("FINISHED", { ...limits, until: "delivered" });
    const runId = await wholeAttempt(this.#place, attempt, options);
    // Looked at last, after all that takes time.
    this.#lease.mustHold();
    if (!(await writeOnce(this.#place, keys.attempt(this.generation), runId, options))) {
      throw this.#lost(`another attempt of generation ${this.generation}`);
    }
    await writeOnce(this.#place, keys.commit, String(this.generation), options);
    const committed = await this.#outcome(attempt, options);
    if (committed !== undefined) return committed;
    throw new Error(`Cannot commit ${what} as the run "${this.lockRunId}" does not keep its params`);
  }

  /** Tags by which an attempt of this claim and generation is known, also after a restart. */
  #tags(): Record<string, string> {
    const { keys } = this.#place;
    return { "mlflow.tracklet.claimedOn": this.lockRunId, "mlflow.tracklet.claim": keys.claim(this.generation) };
  }

  /** A run of something else would be ended, and be the result for good. */
  async #mustBeAttempt(attempt: Run, options: CallOptions): Promise<void> {
    if (typeof attempt?.localId !== "string") throw notAttempt(this.#place, String(attempt));
    if (this.#attempts.has(attempt.localId)) return;
    const { data } = await this.#place.client.runs.get(await attempt.runId(options), options);
    const isOurs = Object.entries(this.#tags()).every(([key, value]) => data.tags[key] === value);
    if (!isOurs) throw notAttempt(this.#place, `the run "${attempt.name}"`);
  }

  /** What is committed already: ours, of a call whose answer was lost, or another's, which throws. */
  async #outcome(attempt: Run, options: CallOptions): Promise<CommittedClaim | undefined> {
    const { client, keys } = this.#place;
    const state = claimState(await client.runs.get(this.lockRunId, options), keys);
    if (state.state !== "committed") return undefined;
    await this.#finish(options);
    if (state.generation !== this.generation) throw this.#lost(`generation ${state.generation}`);
    if (state.runId !== (await attempt.runId(options))) throw this.#lost("another attempt of this generation");
    return state;
  }

  #lost(winner: string): ClaimLostError {
    return new ClaimLostError(`Cannot commit ${this.#place.what} as ${winner} was committed first`, this.generation);
  }

  async release(options: CallOptions = {}): Promise<void> {
    if (this.#over) return;
    this.#isReleased = true;
    this.#lease.close();
    // A lost one is not ours to give back, and need not be.
    if (!this.signal.aborted) {
      await writeOnce(this.#place, this.#place.keys.release(this.generation), this.#nonce, options);
    }
    await this.#finish(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #ended(verb: string): ClaimLostError {
    return new ClaimLostError(`Cannot ${verb} ${this.#place.what} as this claim has ended`, this.generation);
  }

  /** The beat says nothing any more; that it could not be deleted harms nobody. */
  async #finish(options: CallOptions): Promise<void> {
    this.#over = true;
    this.#lease.close();
    const { client, keys } = this.#place;
    await client.runs.deleteTag(this.lockRunId, keys.beat(this.generation), options).catch(() => {});
  }
}

function notAttempt({ what }: ClaimPlace, given: string): ValidationError {
  return new ValidationError(
    `Cannot commit ${what} as the result must be an attempt of this claim: current value is ${given}; start it by startAttempt()`,
  );
}
