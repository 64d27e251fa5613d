import type { CallOptions } from "../client/types/connection.ts";
import { HttpError } from "../errors/network-errors.ts";
import type { Timer } from "../runtime/ports/clock.ts";
import type { ClaimPlace } from "./claim-place.ts";
import { claimState } from "./claim-state.ts";
import { ClaimLostError } from "./claim-lost-error.ts";

/** Beats in a lease: several may be lost before half of it is over. */
const BEATS = 8;

/** Keeps one generation alive by changing its beat, and says when that can no longer be proved. */
export class Lease {
  readonly #place: ClaimPlace;
  readonly #generation: number;
  readonly #lease: number;
  readonly #timeout: number;
  readonly #lost = new AbortController();
  /** When the last beat that was acknowledged was sent: from then on the lease runs. */
  #proved: { readonly monotonic: number; readonly wall: number };
  #beat = 0;
  #timer: Timer | undefined;
  #end: Timer | undefined;
  #closed = false;

  constructor(place: ClaimPlace, generation: number, times: { readonly lease: number; readonly timeout: number }) {
    this.#place = place;
    this.#generation = generation;
    this.#lease = times.lease;
    this.#timeout = times.timeout;
    this.#proved = this.#now();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Sends the first beat; rejects when it is not acknowledged, as nothing is proved then. */
  async begin(options: CallOptions): Promise<void> {
    await this.#send(options);
    this.mustHold();
    this.#schedule();
  }

  /** Throws when the lease is over, also when its timers could not run (a stopped process). */
  mustHold(): void {
    if (!this.#closed && this.#age() >= this.#lease / 2)
      this.#lose("no sign of life was acknowledged for half its lease");
    this.#lost.signal.throwIfAborted();
  }

  /** Ends the beats. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#end?.cancel();
  }

  #schedule(): void {
    if (this.#closed || this.#lost.signal.aborted) return;
    const { clock } = this.#place;
    this.#end?.cancel();
    this.#end = clock.after(Math.max(0, this.#lease / 2 - this.#age()), () => {
      this.#lose("no sign of life was acknowledged for half its lease");
    });
    this.#timer?.cancel();
    this.#timer = clock.after(this.#lease / BEATS, () => void this.#again());
  }

  async #again(): Promise<void> {
    try {
      this.mustHold();
      await this.#send({ timeout: this.#timeout, retry: false });
    } catch (error) {
      // 400 and 404: the run is deleted or gone. Whatever else went wrong may be over at the next beat.
      if (error instanceof HttpError && (error.status === 400 || error.status === 404)) {
        this.#lose(`the server refused its sign of life: ${error.message}`, error);
      }
    }
    this.#schedule();
  }

  async #send(options: CallOptions): Promise<void> {
    const { client, runId, keys, random } = this.#place;
    const sent = this.#now();
    // Numbered, so that two are never equal, and by chance, so that a late one of another life is none of ours.
    const value = `${++this.#beat}.${random.fraction().toString(36).slice(2, 10)}`;
    await client.runs.setTag(runId, keys.beat(this.#generation), value, options);
    const state = claimState(await client.runs.get(runId, options), keys);
    // Our own commit is no loss: a beat may see it before the answer to it has come.
    if (state.state !== "free" && state.generation !== this.#generation) {
      this.#lose(`generation ${state.generation} has ${state.state === "committed" ? "committed" : "followed"}`);
    }
    this.#proved = sent;
  }

  #now(): { monotonic: number; wall: number } {
    const { clock } = this.#place;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }

  /** The larger of both clocks: the monotonic one stands still while some machines sleep, the other one jumps. */
  #age(): number {
    const { monotonic, wall } = this.#now();
    return Math.max(monotonic - this.#proved.monotonic, wall - this.#proved.wall);
  }

  #lose(why: string, cause?: unknown): void {
    if (this.#closed || this.#lost.signal.aborted) return;
    this.#timer?.cancel();
    this.#end?.cancel();
    const message = `The claim on ${this.#place.what} (generation ${this.#generation}) is lost, as ${why}: stop this work, another holder does it`;
    this.#lost.abort(new ClaimLostError(message, this.#generation, cause === undefined ? undefined : { cause }));
  }
}
