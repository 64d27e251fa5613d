import type { Connection } from "../client/types/connection.ts";
import type { Queue } from "../queue/queue.ts";
import type { Amount, FlushReport, NewRun } from "../queue/types.ts";
import { type WaitLimits, Waiters } from "../queue/waiters.ts";
import type { AsyncContext } from "../runtime/ports/async-context.ts";
import type { Locks } from "../runtime/ports/locks.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Guard } from "./guard.ts";
import type { Resources } from "../client/resources.ts";
import type { RunHandle, RunSeed } from "./run.ts";
import type { AlertRule } from "./types/alerts.ts";
import type { Run, StartRunOptions } from "./types/run.ts";
import type { TrackerOptions } from "./types/tracker-options.ts";

/** What the parts of one tracker share. */
export interface Core {
  readonly options: TrackerOptions;
  readonly connection: Connection;
  readonly runtime: Runtime;
  readonly queue: Queue;
  /** The REST client, loaded when it is first asked for. */
  readonly client: () => Promise<Resources>;
  readonly guard: Guard;
  /** The run of the innermost `withRun`. */
  readonly active: AsyncContext<RunHandle>;
  readonly newLocalId: () => string;
  /** Tags that say where runs come from; gathered at the first run. */
  readonly systemTags: () => Readonly<Record<string, string>>;
  /** Runs that have not ended, by our id. */
  readonly open: Map<string, RunHandle>;
  /** Work that logging calls have begun and not handed to the queue yet. */
  readonly background: Set<Promise<unknown>>;
  /** What follows a delivery and is no write of the queue: `flush` and `close` wait for it. */
  readonly afterDelivery: Set<Promise<unknown>>;
  /** True when the server is inside this process, so that no address leads to it. */
  readonly embedded: boolean;
  /** Files and folders that hold what is logged, and so are not logged themselves. */
  readonly ownPaths: readonly string[];
  /** Locks of all who share the local store; undefined where the queue has them. */
  readonly locks?: Locks | undefined;
  /** Throws for a rule that cannot work; undefined where nothing throws, or not at once. */
  mustBeRule?: (rule: AlertRule) => unknown;
  /** Where the next run goes. */
  experiment: NewRun["experiment"];
  /** Listens to the end of the process; called with each run, does it once. */
  readonly watchEnd: () => void;
  unwatchEnd: () => void;
  /** Called when a run has ended, for hosts that must be asked to wait for the delivery. */
  readonly runEnded: () => void;
  readonly startRun: (options?: StartRunOptions) => RunHandle;
  /** Where a run with these options goes. */
  readonly experimentOf: (options: StartRunOptions) => NewRun["experiment"];
  /** A handle for a run that the queue knows. What is loaded late calls it here, and stays out of the first chunk. */
  readonly handleOf: (seed: RunSeed) => RunHandle;
  readonly withRun: <T>(options: StartRunOptions | RunBody<T>, body?: RunBody<T>) => Promise<T>;
}

/** What is done in a run. */
export type RunBody<T> = (run: Run) => T | Promise<T>;

/** Remembers work that `flush`, `end` and `close` must wait for; the result is the caller's. */
export function inBackground<T>(core: Core, work: Promise<T>): Promise<T> {
  keep(core.background, work);
  return work;
}

/** Keeps a promise in a set until it settles, either way. */
export function keep(set: Set<Promise<unknown>>, work: Promise<unknown>): void {
  const forget = (): void => void set.delete(done);
  const done: Promise<void> = work.then(forget, forget);
  set.add(done);
}

/** Limits whose time runs from now, for several waits that share them. */
export function sharedLimits({ runtime: { clock } }: Core, { timeout, signal }: WaitLimits = {}): () => WaitLimits {
  const begun = clock.monotonic();
  return () => ({
    ...(signal && { signal }),
    ...(timeout !== undefined && { timeout: Math.max(0, timeout - (clock.monotonic() - begun)) }),
  });
}

/** Waits until all work in a set is done, as long as `limits` allow. */
export async function allDone(core: Core, work: ReadonlySet<Promise<unknown>>, limits?: WaitLimits): Promise<void> {
  if (work.size === 0 || limits?.timeout === 0) return;
  const waiters = new Waiters(core.runtime);
  const look = (): void => {
    if (work.size === 0) waiters.check();
    else void Promise.all(work).then(look);
  };
  look();
  await waiters.until(() => work.size === 0, limits);
}

/** Waits until everything that was logged before has reached the queue, as long as `limits` allow. */
export function handedOver(core: Core, limits?: WaitLimits): Promise<void> {
  return allDone(core, core.background, limits);
}

/** An account of the queue, with what has not reached it yet as pending, and kept nowhere. */
export function withBackground({ background }: Core, report: FlushReport): FlushReport {
  if (background.size === 0) return report;
  const more = ({ points, requests }: Amount): Amount => ({ points, requests: requests + background.size });
  return { ...report, pending: more(report.pending), unkept: more(report.unkept) };
}

/** Milliseconds that the end may take. */
export function exitTimeout(core: Core): number {
  return core.options.delivery?.exitTimeout ?? 10_000;
}
