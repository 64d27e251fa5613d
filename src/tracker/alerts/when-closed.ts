import type { Core } from "../core.ts";

const listeners = new WeakMap<Core, Set<() => void>>();

/** Calls `listener` when the tracker has closed. Gives the way to stop. */
export function whenClosed(core: Core, listener: () => void): () => void {
  const known = listeners.get(core);
  const all = known ?? new Set();
  if (known === undefined) {
    listeners.set(core, all);
    // The last step of a close; so no page carries a way to listen that only retries need.
    const unwatch = core.unwatchEnd;
    core.unwatchEnd = () => {
      unwatch();
      if (core.guard.closed) for (const one of all) one();
    };
  }
  all.add(listener);
  return () => all.delete(listener);
}
