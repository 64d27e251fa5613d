import { pause } from "../client/deadline.ts";
import { connect, type Resources } from "../client/resources.ts";
import type { CallOptions } from "../client/types/connection.ts";
import type { Page } from "../client/page.ts";
import { AlreadyExistsError, BadRequestError, NotFoundError, UnexpectedReplyError } from "../errors/network-errors.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import type { Random } from "../runtime/ports/random.ts";
import type { Tracker } from "../tracker/types/tracker.ts";
import { type FinetuningOperation, type RetryTable, retryRules, waitBefore, type WholeRule } from "./retry-table.ts";

/** What bounds a call. */
export type Limits = Pick<CallOptions, "signal" | "timeout">;

/** Requests of a manager, each tried again by the rule of its kind; they do not go through the queue, as they need the answer. */
export class Requests {
  readonly client: Resources;
  readonly clock: Clock;
  readonly random: Random;
  readonly #trackingUri: string;
  readonly #rule: (operation: FinetuningOperation) => WholeRule;
  readonly #keepAlive: () => () => void;

  constructor(tracker: Tracker, table: RetryTable | undefined) {
    const runtime = tracker.connection.runtime ?? defaultRuntime();
    this.client = connect(tracker.connection, runtime);
    this.#trackingUri = tracker.connection.trackingUri;
    this.clock = runtime.clock;
    this.random = runtime.random;
    this.#rule = retryRules(table);
    this.#keepAlive = () => runtime.lifecycle?.keepAlive() ?? (() => {});
  }

  /** A request that may be sent twice. */
  async send<T>(
    operation: FinetuningOperation,
    limits: Limits,
    request: (options: CallOptions) => Promise<T>,
  ): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await request({ ...limits, retry: false });
      } catch (error) {
        await this.#wait(operation, limits, error, tried);
      }
    }
  }

  /** All items of a list; each page is tried again for itself, so that a long list arrives on a bad line, too. */
  async all<T>(limits: Limits, list: (options: CallOptions) => PromiseLike<Page<T>>): Promise<T[]> {
    const items: T[] = [];
    let page: Page<T> | undefined = await this.send("read", limits, async (options) => list(options));
    while (page !== undefined) {
      for (const item of page.items) items.push(item);
      const { next }: Page<T> = page;
      page = await this.send("read", limits, next);
    }
    return items;
  }

  /**
   * A request that must not be sent twice: looks whether it is done before each try, and at the end.
   *
   * @param look Gives what the request makes, undefined while it is not there.
   */
  async once<T>(
    operation: FinetuningOperation,
    limits: Limits,
    look: (options: CallOptions) => Promise<T | undefined>,
    request: (options: CallOptions) => Promise<unknown>,
  ): Promise<T> {
    for (let tried = 1; ; tried++) {
      const found = await this.send("read", limits, look);
      if (found !== undefined) return found;
      try {
        await request({ ...limits, retry: false });
        const made = await this.send("read", limits, look);
        if (made !== undefined) return made;
        throw new UnexpectedReplyError(
          `Cannot ${operation} as the server must keep what it acknowledged, and it is not there`,
          { method: "POST", url: this.#trackingUri },
        );
      } catch (error) {
        const somebodyElse =
          error instanceof AlreadyExistsError || error instanceof NotFoundError || error instanceof BadRequestError;
        if (!somebodyElse) await this.#wait(operation, limits, error, tried);
        else {
          const theirs = await this.send("read", limits, look);
          if (theirs !== undefined) return theirs;
          throw error;
        }
      }
    }
  }

  async #wait(operation: FinetuningOperation, limits: Limits, error: unknown, tried: number): Promise<void> {
    limits.signal?.throwIfAborted();
    const wait = waitBefore(this.#rule(operation), error, tried, () => this.random.fraction());
    if (wait === undefined) throw error;
    await this.pause(wait, limits);
  }

  /** Waits some milliseconds, and keeps the process alive meanwhile: somebody awaits what comes then. */
  async pause(ms: number, { signal }: Limits): Promise<void> {
    const release = this.#keepAlive();
    try {
      await pause(this.clock, ms, signal);
    } finally {
      release();
    }
  }
}
