import type { Clock } from "../../runtime/ports/clock.ts";
import type { Drain } from "./drain.ts";
import type { Walk } from "../lead/follower.ts";
import type { Waiters, WaitLimits } from "../waiters.ts";
import type { Writer } from "../write/writer.ts";

const STORAGE_RETRY = 1_000;

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
  /** All that was there at the last `keep` is in the storage. */
  #isKept = true;

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
    this.#isKept = kept() === true;
    const { engine } = drain;
    return engine?.isCounted === true && engine.counted > counted;
  }

  /**
   * Seals and puts all that was logged, and waits until it is delivered or cannot be.
   *
   * @param answered Only for as long as the server answers.
   * @param first Not for what goes once more, as the server has it.
   */
  async deliver(
    limits: WaitLimits,
    runs?: ReadonlySet<string>,
    answered: boolean = false,
    first: boolean = answered,
  ): Promise<void> {
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
        engine.clear(walk, first) ||
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

  /**
   * Keeps all, and has `deliver` spend what is left of the time. A storage that is full or locked may not be for long, and
   * what is delivered makes room: it is asked again until the time is over.
   */
  async finish(
    limits: WaitLimits & { readonly timeout: number },
    clock: Clock,
    deliver: (rest: WaitLimits) => Promise<void>,
  ): Promise<void> {
    const { drain, waiters } = this.#parts;
    const end = clock.monotonic() + limits.timeout;
    const rest = (most = Number.POSITIVE_INFINITY): WaitLimits & { readonly timeout: number } => ({
      ...limits,
      timeout: Math.min(most, Math.max(0, end - clock.monotonic())),
    });
    for (;;) {
      // Only then is it known whether the storage could be opened.
      await this.keep(rest());
      await deliver(rest());
      if (this.#isKept || !drain.store || rest().timeout === 0 || limits.signal?.aborted) break;
      await waiters.until(() => false, rest(STORAGE_RETRY));
    }
    await this.refresh();
  }

  /** Counts what other processes did, too; a storage that does not answer leaves what is known. */
  async refresh(): Promise<void> {
    const { drain, waiters } = this.#parts;
    if (drain.engine) await waiters.settled(drain.engine.refresh(), { timeout: 1_000 });
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
