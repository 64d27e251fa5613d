import type { CallOptions } from "../client/types/connection.ts";
import { sleep } from "../queue/send/sleep.ts";
import type { Core } from "./core.ts";

/** Milliseconds between two looks at a lock that somebody else has: no platform with files tells when one is free. */
const AGAIN = 20;

/** Locks that names share: each leaves a file behind where locks are files. */
const PLACES = 16;

/**
 * Keeps others from doing the same at the same time: all trackers, tabs and processes that share the queue file or the
 * local store. Gives the way to let go. Machines that share nothing but a server are kept apart by
 * `findOrStartRun()` of `tracklet/claims`, which takes a claim around all of it.
 */
export async function exclusive(core: Core, about: string, { signal }: CallOptions): Promise<() => void> {
  const locks = core.locks ?? (await core.queue.locks());
  if (locks === undefined) return () => {};
  const place = `name-${[...about].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 9973, 7) % PLACES}`;
  // Timers alone keep no process alive.
  const rest = core.runtime.lifecycle.keepAlive();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const release = await locks.acquire(place, signal === undefined ? {} : { wait: signal }).catch(() => {
        signal?.throwIfAborted();
        // A folder that cannot be written to, or a page without https: looking first is all that there is then.
        return () => {};
      });
      if (release !== undefined) return release;
      await sleep(core.runtime.clock, AGAIN, signal ?? new AbortController().signal);
    }
  } finally {
    rest();
  }
}
