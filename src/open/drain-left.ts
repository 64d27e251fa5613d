import type { Destination } from "../queue/destination.ts";
import { parseNote } from "../queue/lead/note-text.ts";
import type { QueueStorage, QueueStore } from "../queue/storage.ts";
import type { Queue } from "../queue/queue.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createOwningTracker } from "../tracker/owning-tracker.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";
import { ALIVE, type LiveWriters, openRuns } from "./live-writers.ts";
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
  /** Whoever takes a parcel meanwhile shows its writer there. */
  readonly writers: LiveWriters;
}

/** Milliseconds between two rounds at least, so that the object has time for others. */
const BREATH = 50;
/** Milliseconds of a round and between two looks; and for one drain, as an alarm may last 15 min. */
const ROUND = 5_000;
const LONGEST = 600_000;
/** Milliseconds for which a request may be on its way, and for which looks that end no doubt are taken for bad luck. */
const REQUEST = 120_000;
const LUCK = 60_000;

/** Sends what waits in the storage of an object, for as long as the server takes it. */
export async function drainLeft(parts: DrainParts): Promise<Left> {
  const { store, queue, destination, options, env, runtime, writers } = parts;
  const { clock } = runtime;
  const { uri, ...whose } = destination;
  const leave = await writers.during(store, clock.now());
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
  const patience = (options.delivery?.requestTimeout ?? REQUEST) + LUCK;
  let quiet = clock.monotonic();
  try {
    for (let last = Number.NaN; ; ) {
      await tracker.flush({ timeout: ROUND });
      await pause(BREATH);
      const { waiting } = await store.status();
      const { inFlight, host } = inner!.status();
      const total = waiting.points + waiting.requests;
      if (total > 0) quiet = clock.monotonic();
      const busy = total !== last || inFlight.points + inFlight.requests > 0;
      last = total;
      if (total > 0 && busy && host !== "refused" && clock.monotonic() < end) continue;
      // What an earlier request may still overwrite is looked at until no request can be on its way any more.
      const doubts = total === 0 && (await isInDoubt(store));
      if (!doubts || clock.monotonic() >= Math.min(end, quiet + patience)) break;
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
    // The server does not let anybody look: as with what waits, ever later.
    if (await isInDoubt(store)) return { kind: "waiting", moved };
    let first = Number.POSITIVE_INFINITY;
    for await (const { at } of openRuns(store)) first = Math.min(first, at);
    if (first === Number.POSITIVE_INFINITY) return { kind: "nothing" };
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
