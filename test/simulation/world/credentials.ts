import { Authorizer } from "../../../src/client/auth.ts";
import { Chance } from "./chance.ts";
import { RARE, SELDOM } from "./faults.ts";
import type { RequestKind } from "./request-kind.ts";

/** Share of seeds in which the credentials fail at all: all others go as they went before there was this fault. */
const SHARE = 0.25;
/** Failures at what is hardly ever sent once all else is calm: runs that the server lost are asked for without end. */
const MOST_IN_CALM = 10;

/**
 * What gives credentials to the requests of a world: in some seeds it fails for a while, again and again. Its chance is
 * its own.
 */
export class Credentials {
  readonly #chance: Chance;
  readonly #isWeak: boolean;
  readonly #auth: Authorizer = new Authorizer(() => Promise.reject(new TypeError("fetch failed")));
  /** Times at which it last began to fail, and works again. */
  #from = 0;
  #until = 0;
  /** What is hardly ever sent and got none when it was sent last. */
  #failed: RequestKind | undefined;
  #inCalm = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed, "credentials");
    this.#isWeak = this.#chance.may(SHARE);
    this.#plan(0);
  }

  /** True when a request gets none; `calm` when nothing is to go wrong any more. */
  fails(kind: RequestKind, now: number, calm: boolean): boolean {
    if (!this.#isWeak) return false;
    // As of other faults: what is hardly ever sent would meet none. But once in a row, as each makes all wait for long.
    if (RARE.has(kind)) {
      if (calm && this.#inCalm >= MOST_IN_CALM) return false;
      const fails = this.#failed !== kind && this.#chance.may(0.5);
      this.#failed = fails ? kind : undefined;
      if (calm && fails) this.#inCalm++;
      return fails;
    }
    if (calm) return false;
    if (now >= this.#until) this.#plan(now);
    // What follows on another request at once would meet one only where a time begins between the two.
    return now >= this.#from || this.#chance.may(SELDOM.has(kind) ? 0.25 : 0.03);
  }

  /** The error of the real thing. */
  async error(): Promise<unknown> {
    return this.#auth.headers().then(
      () => new Error("These credentials must fail"),
      (error: unknown) => error,
    );
  }

  #plan(now: number): void {
    this.#from = now + this.#chance.fraction() * 60_000;
    this.#until = this.#from + this.#chance.pick([1_000, 10_000, 60_000]);
  }
}
