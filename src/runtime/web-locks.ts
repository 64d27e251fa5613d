import type { Locks } from "./ports/locks.ts";

/** The part of `navigator.locks` that is used here. */
interface Manager {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean; readonly ifAvailable?: boolean },
    held: (lock: object | null) => Promise<void> | undefined,
  ): Promise<void>;
}

/** Locks with names of their own. */
export function namedLocks(locks: Locks, prefix: string): Locks {
  return { ...locks, acquire: (name, options) => locks.acquire(`${prefix}:${name}`, options) };
}

/** Web Locks, of all pages and workers of the origin; undefined where there are none, as on pages without https. */
export function webLocks(): Locks | undefined {
  const manager = (globalThis.navigator as { readonly locks?: Manager } | undefined)?.locks;
  if (manager === undefined) return undefined;
  return {
    stalls: true,
    acquire(name, { wait, steal, onLost } = {}) {
      return new Promise((resolve, reject) => {
        let held = false;
        const options = steal ? { steal } : wait ? { signal: wait } : { ifAvailable: true };
        manager
          .request(name, options, (lock) => {
            if (!lock) {
              resolve(undefined);
              return undefined;
            }
            held = true;
            return new Promise<void>((release) => resolve(release));
          })
          .catch((error: unknown) => {
            // The browser rejects the request of a holder whose lock was stolen.
            if (held) onLost?.();
            else reject(error);
          });
      });
    },
  };
}
