import type { Destination } from "../queue/destination.ts";
import { parseNote } from "../queue/lead/leader-note.ts";
import { writerLock } from "../queue/lead/presence.ts";
import type { QueueStorage, QueueStore } from "../queue/storage.ts";
import type { Queue } from "../queue/queue.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createOwningTracker } from "../tracker/owning-tracker.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";
import { knownPlace } from "./mlflow-binding.ts";

/** What is left after a drain: nothing; what needs the server, or a person; or something to look after in `ms`. */
export type Left =
  | { readonly kind: "nothing" }
  | { readonly kind: "waiting" | "person"; readonly moved: boolean }
  | { readonly kind: "until"; readonly ms: number; readonly moved: boolean };

/** What is drained, and where to. */
export interface DrainParts {
  readonly store: QueueStore;
  readonly queue: QueueStorage;
  readonly destination: Destination;
  readonly options: Pick<TrackerOptions, "fetch" | "auth" | "delivery" | "onProblem">;
  readonly env: object | undefined;
  readonly runtime: Runtime;
}

/** Milliseconds between two rounds at least, so that the object has time for others. */
const BREATH = 50;
/** Milliseconds of a round and between two looks; for one drain, as an alarm may last 15 min; and for which a writer counts as alive. */
const ROUND = 5_000;
const LONGEST = 600_000;
const ALIVE = 600_000;

/** Sends what waits in the storage of an object, for as long as the server takes it. */
export async function drainLeft({ store, queue, destination, options, env, runtime }: DrainParts): Promise<Left> {
  const { clock } = runtime;
  const { uri, ...whose } = destination;
  const leave = await showWriters(store, clock.now());
  let inner: Queue | undefined;
  const onQueue = (made: Queue): void => {
    inner = made;
    void made.recover().catch(() => {});
  };
  const tracker = createOwningTracker(
    { ...options, ...knownPlace(options, uri, env, runtime), ...whose, queue },
    { onQueue },
    { runtime },
  );
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const before = (await store.status()).waiting;
  const end = clock.monotonic() + LONGEST;
  try {
    for (let last = Number.NaN; ; ) {
      await tracker.flush({ timeout: ROUND });
      await pause(BREATH);
      const { waiting } = await store.status();
      const { inFlight, host } = inner!.status();
      const total = waiting.points + waiting.requests;
      const busy = total !== last || inFlight.points + inFlight.requests > 0;
      last = total;
      if (total > 0 && busy && host !== "refused" && clock.monotonic() < end) continue;
      // What an earlier request may still overwrite is looked at until no request can be on its way any more.
      const doubts = total === 0 && (await isInDoubt(store));
      if (!doubts || clock.monotonic() >= end) break;
      await pause(ROUND);
    }
    const { waiting } = await store.status();
    const { parked, host } = inner!.status();
    const total = waiting.points + waiting.requests;
    const moved = total < before.points + before.requests;
    if (total > 0) {
      const stuck = host !== "refused" && parked.points + parked.requests >= total;
      return { kind: stuck ? "person" : "waiting", moved };
    }
    if (await isInDoubt(store)) return { kind: "until", ms: ROUND, moved };
    const open = await store.openRuns("", 1_000);
    if (open.length === 0) return { kind: "nothing" };
    const first = Math.min(...open.map(({ at }) => at));
    return { kind: "until", ms: Math.max(ROUND, first + ALIVE - clock.now()), moved };
  } finally {
    await tracker.close({ timeout: 1_000 });
    leave();
  }
}

/** Something of a run is not sure that was sent before. */
async function isInDoubt(store: QueueStore): Promise<boolean> {
  const { doubts, merged } = parseNote(await store.note());
  return doubts.length > 0 || merged !== undefined;
}

/**
 * Requests that handed something over a short time ago may still log to their runs: nobody ends these in their place.
 * Gives the way to stop.
 */
async function showWriters(store: QueueStore, now: number): Promise<() => void> {
  const leaves = new Map<string, () => void>();
  for (const { writer, at } of await store.openRuns("", 1_000)) {
    if (now - at >= ALIVE || leaves.has(writer)) continue;
    const unlock = await store.locks?.acquire(writerLock(writer));
    if (unlock) leaves.set(writer, unlock);
  }
  return () => {
    for (const leave of leaves.values()) leave();
  };
}
