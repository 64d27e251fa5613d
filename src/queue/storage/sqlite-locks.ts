import { builtin } from "../../runtime/builtin.ts";
import type { Locks } from "../../runtime/ports/locks.ts";
import { FileLock } from "../../sql/file-lock.ts";

/** Locks that keep files open. */
export interface FileLocks extends Locks {
  /** Closes what is open of locks that were not got. */
  close(): void;
}

/**
 * Locks of all processes and threads that use the same folder, one file each. The operating system says to nobody when
 * one is free, so nobody waits; and none can be taken away.
 */
export function fileLocks(directory: string): FileLocks {
  const fs = builtin("node:fs")!;
  const { join } = builtin("node:path")!;
  const pathOf = (name: string): string => join(directory, encodeURIComponent(name));
  const identify = (name: string): string | undefined => {
    const found = fs.statSync(pathOf(name), { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  };
  /** Locks that were not free: the file stays open for the next try, if it is still the one of that name. */
  const tried = new Map<string, { readonly lock: FileLock; readonly file: string | undefined }>();
  const open = (name: string): FileLock => {
    const known = tried.get(name);
    tried.delete(name);
    if (known && known.file === identify(name)) return known.lock;
    known?.lock.close();
    fs.mkdirSync(directory, { recursive: true });
    return new FileLock(pathOf(name));
  };
  return {
    stalls: true,
    async acquire(name, { once } = {}) {
      const lock = open(name);
      let taken: boolean;
      try {
        taken = lock.take();
      } catch (error) {
        lock.close();
        throw error;
      }
      const file = identify(name);
      if (!taken) {
        tried.set(name, { lock, file });
        return undefined;
      }
      return () => {
        lock.close();
        // Another one may lie there by now, in which somebody has the lock.
        if (once && file === identify(name)) fs.rmSync(pathOf(name), { force: true });
      };
    },
    close() {
      for (const { lock } of tried.values()) lock.close();
      tried.clear();
    },
  };
}
