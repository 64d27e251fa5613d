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
  /** Locks that were not free: the file stays open for the next try. */
  const tried = new Map<string, FileLock>();
  const open = (name: string): FileLock => {
    fs.mkdirSync(directory, { recursive: true });
    return new FileLock(join(directory, encodeURIComponent(name)));
  };
  return {
    stalls: true,
    async acquire(name, { once } = {}) {
      const lock = tried.get(name) ?? open(name);
      tried.set(name, lock);
      try {
        if (!lock.take()) return undefined;
      } catch (error) {
        tried.delete(name);
        lock.close();
        throw error;
      }
      tried.delete(name);
      return () => {
        lock.close();
        if (once) fs.rmSync(join(directory, encodeURIComponent(name)), { force: true });
      };
    },
    close() {
      for (const lock of tried.values()) lock.close();
      tried.clear();
    },
  };
}
