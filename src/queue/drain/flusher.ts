import type { Clock } from "../../runtime/ports/clock.ts";
import type { Drain } from "./drain.ts";
import type { Walk } from "../lead/follower.ts";
import type { Waiters, WaitLimits } from "../waiters.ts";
import type { Writer } from "../write/writer.ts";

/** What flushing needs. */
export interface FlusherParts {
  readonly drain: Drain;
  readonly writer: Writer;
  readonly waiters: Waiters;
  /** Nothing was logged, and nothing can wait from before. */
  readonly untouched: () => boolean;
  /** Nothing moves however long one waits: it is paused, or over. */
  readonly stopped: () => boolean;
  /** Called when the first one begins to wait for delivery, and when the last one has done. */
  readonly onFlushing: () => void;
}

/** Waits until what was logged is in the storage, or on the server. */
export class Flusher {
  readonly #parts: FlusherParts;
  /** Those who wait for delivery. */
  flushing = 0;

  constructor(parts: FlusherParts) {
    this.#parts = parts;
  }

  /**
   * Seals and puts all that was logged, and waits until it is in the storage or that failed. True when the put told the
   * figures of the storage as well.
   */
  async keep(limits: WaitLimits): Promise<boolean> {
    const { drain, waiters } = this.#parts;
    const counted = drain.engine?.counted ?? 0;
    const kept = this.#keep();
    await waiters.until(() => kept() !== undefined, limits);
    const { engine } = drain;
    return engine?.isCounted === true && engine.counted > counted;
  }

  /**
   * Seals and puts all that was logged, and waits until it is delivered or cannot be.
   *
   * @param answered Only for as long as the server answers.
   */
  async deliver(limits: WaitLimits, runs?: ReadonlySet<string>, answered = false): Promise<void> {
    const { drain, waiters, untouched, stopped, onFlushing } = this.#parts;
    this.flushing++;
    onFlushing();
    const kept = this.#keep(runs);
    let walk: Walk | undefined;
    let misses = 0;
    const done = (): boolean => {
      const stored = kept();
      const { engine } = drain;
      if (!stored || !engine) return stored === false || untouched();
      if (walk === undefined) {
        walk = engine.walk(drain.order, runs);
        misses = engine.outlook.misses;
        engine.urge(walk.order);
        // Who is in a hurry wants to know now whether the server is back.
        if (!runs || answered) engine.hurry();
      }
      // A person has to act: nothing moves however long one waits.
      return (
        engine.clear(walk) ||
        engine.outlook.host === "refused" ||
        stopped() ||
        (answered && engine.outlook.misses > misses)
      );
    };
    await waiters.until(done, limits);
    drain.engine?.forget(walk);
    this.flushing--;
    onFlushing();
  }

  /** Keeps all, and has `deliver` spend what is left of the time. */
  async finish(limits: WaitLimits, clock: Clock, deliver: (rest: WaitLimits) => Promise<void>): Promise<void> {
    const begun = clock.monotonic();
    // Only then is it known whether the storage could be opened.
    await this.keep(limits);
    const spent = clock.monotonic() - begun;
    const { timeout } = limits;
    await deliver(timeout === undefined ? limits : { ...limits, timeout: Math.max(0, timeout - spent) });
    await this.refresh();
  }

  /** Counts what other processes did, too; a storage that does not answer leaves what is known. */
  async refresh(): Promise<void> {
    const { engine } = this.#parts.drain;
    if (!engine) return;
    let over = false;
    const end = (): void => {
      over = true;
      this.#parts.waiters.check();
    };
    engine.refresh().then(end, end);
    await this.#parts.waiters.until(() => over, { timeout: 1_000 });
  }

  /** Puts all that was logged before; tells whether that succeeded, undefined while it is not known. */
  #keep(runs?: ReadonlySet<string>): () => boolean | undefined {
    const { writer, waiters, untouched } = this.#parts;
    let kept: boolean | undefined = untouched() || undefined;
    if (kept) return () => kept;
    if (runs) for (const run of runs) writer.seal(run);
    else writer.seal();
    void writer.persist().then((stored) => {
      kept = stored;
      waiters.check();
    });
    return () => kept;
  }
}
