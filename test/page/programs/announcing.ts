import type { QueueStorage, QueueStore } from "../../../src/queue/storage.ts";

/** Longer than anybody takes who kills the page. */
const FROZEN = 30_000;

/**
 * A storage that announces `append` when a put has begun, `persisted` when it is there, and `beat` after each beat of a
 * leader. In the put with the number `freezeAt` the page stands still: its transaction has begun, and cannot end.
 */
export function announcing(storage: QueueStorage, freezeAt?: number): QueueStorage {
  let puts = 0;
  const tell = (text: string): void => (globalThis as { announce?: (text: string) => void }).announce?.(text);
  const wrap = (store: QueueStore): QueueStore =>
    new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "beat") return async (...args: unknown[]) => tell(`beat ${await value.apply(target, args)}`);
        if (name !== "append") return value.bind(target);
        return (...args: unknown[]) => {
          const appended = value.apply(target, args) as Promise<unknown>;
          tell("append");
          if (++puts === freezeAt) for (const end = performance.now() + FROZEN; performance.now() < end; );
          appended.then(
            () => tell("persisted"),
            () => {},
          );
          return appended;
        };
      },
    });
  return new Proxy(storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === "open") return async (...args: Parameters<QueueStorage["open"]>) => wrap(await target.open(...args));
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
