import { backoff } from "./backoff.ts";
import type { DeliveryOptions, HostState } from "../types.ts";

const REFUSED_WAIT = 30_000;
/** Requests at once to one host, whatever is asked for. */
const MOST = 6;
/** Milliseconds from which on an answer says that the server has more to do than it can. */
const SLOW = 10_000;
/** Failures in a row, with nothing done between, after which the host is said to fail; of so many runs, it is taken to. */
const ROW = 3;
/** Longest pause where it answers, but fails: what else there is may go well. */
const LONGEST_ANSWERED = 10_000;

/**
 * The way to the server as a circuit breaker: after a failure of the host one probe at a time, with growing pauses.
 * How many requests go at once follows its answers: one more for each round of quick ones, half as many after a slow one
 * or none.
 */
export class HostGate {
  state: HostState = "unknown";
  /** Monotonic time of the next probe. */
  until = 0;
  /** Times that it gave no answer, refused everybody, or failed again and again with nothing done between. */
  misses = 0;
  /** Its kind of store, or null where it does not say; undefined until it was asked. */
  store: string | null | undefined;
  #failures = 0;
  #row = 0;
  /** Requests without an answer since it last did what was asked for, however often somebody was in a hurry. */
  #silent = 0;
  /** Runs at which it failed in that row. */
  readonly #failing = new Set<string>();
  /** The pause is the server's wish. */
  #asked = false;
  /** Requests at once that the host has shown to be able to take. */
  #limit = MOST;
  readonly #fraction: () => number;

  constructor(fraction: () => number) {
    this.#fraction = fraction;
  }

  /** Requests that may be in flight at once now. */
  allows(concurrency: number, now: number): number {
    if (this.#failures === 0) return Math.min(concurrency, Math.floor(this.#limit));
    return now >= this.until ? 1 : 0;
  }

  /** The host answered; true unless it asked for a pause that is not over: others were in flight at that time. */
  ok(now: number): boolean {
    if (!this.#open(now)) return false;
    this.#forgive();
    this.#silent = 0;
    this.state = "ok";
    return true;
  }

  /** A request was acknowledged after so many ms. */
  answered(ms: number): void {
    if (ms < SLOW) this.#limit = Math.min(MOST, this.#limit + 1 / this.#limit);
    else this.#slowDown();
  }

  /** No answer, or one that asks for a pause of `after` ms. */
  failed(now: number, after: number | undefined): void {
    this.#slowDown();
    this.misses++;
    this.#failures++;
    this.state = "retrying";
    this.#asked = after !== undefined || (this.#asked && now < this.until);
    this.#pause(now, after ?? backoff(this.#failures, this.#fraction()));
  }

  /**
   * It failed at one request of a run, with an answer or with none in time, which by itself says nothing about others.
   * Where it fails at several runs in turn, it is the host.
   */
  missed(now: number, run: string, answered: boolean): void {
    const row = ++this.#row;
    this.#failing.add(run);
    if (row >= ROW) this.misses++;
    if (this.#failing.size >= ROW) {
      this.#slowDown();
      this.#pause(now, Math.min(LONGEST_ANSWERED, backoff(++this.#failures, this.#fraction())));
    } else if (answered) this.#open(now);
    if (!answered) this.#silent++;
    // One that never answered yet is not known to be there.
    if (row >= ROW || this.#silent >= ROW || (!answered && this.state === "unknown")) this.state = "retrying";
    else if (this.state === "unknown") this.state = "ok";
  }

  /** The host refuses everybody. */
  refused(now: number): void {
    this.misses++;
    this.#failures++;
    this.state = "refused";
    this.#asked &&= now < this.until;
    this.#pause(now, REFUSED_WAIT + backoff(this.#failures, this.#fraction()));
  }

  /** Whether it keeps a point once that it gets twice, as a database does; undefined while that is not known. */
  keepsOnce(readBack: DeliveryOptions["readBack"]): boolean | undefined {
    if (readBack !== "auto") return readBack === "never";
    return typeof this.store === "string" ? /sql/i.test(this.store) : undefined;
  }

  /** Lets a probe go at once, unless the server asked for a pause. */
  hurry(): void {
    this.#forgive();
    if (this.state === "refused") this.state = "retrying";
    if (!this.#asked) this.until = 0;
  }

  /** Another one asked it meanwhile: what was found before counts no more, but for a pause that the server asked for. */
  renew(now: number): void {
    if (!this.#open(now)) return;
    this.#forgive();
    this.#limit = MOST;
    this.#silent = 0;
    this.state = "unknown";
  }

  /** Ends a pause; false for one that the server asked for and that is not over. */
  #open(now: number): boolean {
    if (this.#asked && now < this.until) return false;
    this.#failures = this.until = 0;
    this.#asked = false;
    return true;
  }

  #pause(now: number, ms: number): void {
    this.until = Math.max(this.until, now + ms);
  }

  #forgive(): void {
    this.#row = 0;
    this.#failing.clear();
  }

  #slowDown(): void {
    this.#limit = Math.max(1, this.#limit / 2);
  }
}
