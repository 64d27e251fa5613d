import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Locks } from "../../runtime/ports/locks.ts";

/** Locks within one thread, first come, first served. */
export function threadLocks(): Locks {
  const last = new Map<string, Promise<void>>();
  return {
    stalls: false,
    async acquire(name, { wait } = {}) {
      const before = last.get(name);
      if (before && !wait) return undefined;
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const own = (before ?? Promise.resolve()).then(() => held);
      last.set(name, own);
      void own.then(() => last.get(name) === own && last.delete(name));
      await before;
      if (wait?.aborted) release();
      wait?.throwIfAborted();
      return release;
    },
  };
}

/** A channel within one thread. */
export function threadBroadcast(): Broadcast {
  const listeners = new Set<(message: unknown) => void>();
  return {
    join(listener) {
      listeners.add(listener);
      return {
        post(message) {
          for (const other of listeners) if (other !== listener) queueMicrotask(() => other(message));
        },
        leave: () => void listeners.delete(listener),
      };
    },
  };
}
