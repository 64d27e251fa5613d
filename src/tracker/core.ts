import type { Connection } from "../client/types/connection.ts";
import type { Queue } from "../queue/queue.ts";
import type { NewRun } from "../queue/types.ts";
import type { AsyncContext } from "../runtime/ports/async-context.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Guard } from "./guard.ts";
import type { Resources } from "./resources.ts";
import type { RunHandle } from "./run.ts";
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
  /** Where the next run goes. */
  experiment: NewRun["experiment"];
  /** Listens to the end of the process; called with each run, does it once. */
  readonly watchEnd: () => void;
  readonly unwatchEnd: () => void;
  /** Called when a run has ended, for hosts that must be asked to wait for the delivery. */
  readonly runEnded: () => void;
  readonly startRun: (options?: StartRunOptions) => RunHandle;
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

/** Waits until everything that was logged before has reached the queue. */
export async function handedOver(core: Core): Promise<void> {
  while (core.background.size > 0) await Promise.all(core.background);
}
