import { memoryQueue } from "../../src/queue/storage/memory.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";

/** A storage that pages share, with locks that can stall as those of browsers, and a count of who holds one. */
export function shared(): {
  storage: QueueStorage;
  held: () => number;
  leads: () => boolean;
  locks: NonNullable<QueueStore["locks"]>;
  names: () => string[];
} {
  const memory = memoryQueue();
  const locked = new Set<string>();
  const waiting = new Map<string, (() => void)[]>();
  const locks: NonNullable<QueueStore["locks"]> = {
    stalls: true,
    acquire: (name, { wait } = {}) =>
      new Promise((resolve, reject) => {
        const queue = waiting.get(name) ?? [];
        waiting.set(name, queue);
        const take = (): void => {
          locked.add(name);
          let mine = true;
          resolve(() => {
            if (!mine) return;
            mine = false;
            locked.delete(name);
            queue.shift()?.();
          });
        };
        wait?.addEventListener("abort", () => {
          const at = queue.indexOf(take);
          if (at >= 0) queue.splice(at, 1);
          reject(new DOMException("aborted", "AbortError"));
        });
        if (!locked.has(name)) take();
        else if (wait) queue.push(take);
        else resolve(undefined);
      }),
  };
  let store: Promise<QueueStore> | undefined;
  return {
    locks,
    names: () => [...locked],
    held: () => locked.size,
    leads: () => locked.has("leader"),
    storage: {
      name: "shared",
      durable: true,
      open() {
        store ??= memory.open().then(
          (memoryStore) =>
            new Proxy(memoryStore, {
              get(target, name) {
                if (name === "locks") return locks;
                if (name === "broadcast") return undefined;
                if (name === "close") return async () => {};
                const value = Reflect.get(target, name) as unknown;
                return typeof value === "function" ? value.bind(target) : value;
              },
            }),
        );
        return store;
      },
    },
  };
}
