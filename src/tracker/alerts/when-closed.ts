import type { Guard } from "../guard.ts";

const listeners = new WeakMap<Guard, Set<() => void>>();

/** Calls `listener` when the tracker has closed. Gives the way to stop. */
export function whenClosed(guard: Guard, listener: () => void): () => void {
  const known = listeners.get(guard);
  const all = known ?? new Set();
  if (known === undefined) {
    listeners.set(guard, all);
    guard.onClosed = () => {
      for (const one of all) one();
    };
  }
  all.add(listener);
  return () => all.delete(listener);
}
