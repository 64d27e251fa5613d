import { platformClock } from "../../runtime/platform-clock.ts";
import type { Broadcast } from "../../runtime/ports/broadcast.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { Locks } from "../../runtime/ports/locks.ts";
import type { QueueStorage, QueueStore } from "../storage.ts";
import type { Problem } from "../types.ts";

const OPEN_TIMEOUT = 5_000;

/** Part of what the browser allows the site: the rest is for the page's own data. */
const SHARE = 0.1;

/** Which database, and how safe. */
export interface IndexedDbQueueOptions {
  /** Name of the database, of its own: `queueName()` makes one for a destination and a user. */
  readonly name: string;
  /**
   * `relaxed` survives the end and the crash of the browser; `strict` also a power cut, at about a quarter less speed.
   * @default "relaxed"
   */
  readonly durability?: "relaxed" | "strict";
  /**
   * Milliseconds for the browser to open the database.
   * @default 5000
   */
  readonly openTimeout?: number;
  /** @default the platform's */
  readonly clock?: Clock;
  /** How tabs and workers agree who sends. @default Web Locks, where there are some */
  readonly locks?: Locks;
  /** How they tell each other what they did. @default a BroadcastChannel, where there is one */
  readonly broadcast?: Broadcast;
}

/**
 * A queue in IndexedDB, for pages and workers: what waits there survives the page, and several tabs and workers of an
 * origin may share it.
 *
 * @throws StorageError from `open()` when the browser allows no IndexedDB, does not answer, or a newer tracklet made it.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 * import { indexedDbQueue } from "tracklet/queue/indexeddb";
 *
 * const queue = indexedDbQueue({ name: "my-lab" });
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", queue });
 * ```
 */
export function indexedDbQueue(options: IndexedDbQueueOptions): QueueStorage {
  const { name, durability = "relaxed", openTimeout = OPEN_TIMEOUT, clock = platformClock } = options;
  const listeners = new Set<(problem: Problem) => void>();
  const report = (problem: Problem): void => {
    for (const listener of listeners) listener(problem);
  };
  let opened: Promise<{ readonly store: QueueStore; readonly open: () => Promise<void> }> | undefined;
  const load = async (): Promise<{ store: QueueStore; open: () => Promise<void> }> => {
    const { Connection, IndexedDbStore, forgetOld, namedLocks, renewLog, webBroadcast, webLocks } = await import(
      "./indexed-db-late.ts"
    );
    const connection = new Connection({ name, durability, openTimeout, clock, report });
    await connection.open();
    let renewed = false;
    const { locks = webLocks(), broadcast = webBroadcast(`tracklet-queue:${name}`) } = options;
    return {
      store: new IndexedDbStore(connection, clock, { locks: locks && namedLocks(locks, name), broadcast }),
      async open() {
        await connection.open();
        await forgetOld(connection, clock).catch(() => undefined);
        // Nobody waits for it, and it is not worth a failed open: the next one tries again.
        if (!renewed) void renewLog(name).catch(() => undefined);
        renewed = true;
      },
    };
  };
  return {
    name,
    durable: true,
    async room() {
      const { quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
      return quota && quota * SHARE;
    },
    async holds() {
      if (typeof indexedDB === "undefined") return false;
      // Not known by all browsers; one that opens a database to find out makes it.
      const all = await indexedDB.databases?.().catch(() => undefined);
      return all?.some((database) => database.name === name) ?? true;
    },
    async open(onProblem) {
      if (onProblem) listeners.add(onProblem);
      opened ??= load();
      opened.catch(() => {
        opened = undefined;
      });
      const { store, open } = await opened;
      await open();
      return store;
    },
  };
}
