import { platformClock } from "../../runtime/platform-clock.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import { type DurableObjectSqlStorage, durableObjectDatabase } from "../../sql/durable-object.ts";
import type { QueueStorage, QueueStore } from "../storage.ts";
import { largeValues } from "./sqlite-parts.ts";
import { sqlSpool } from "./sqlite-spool.ts";
import { storageError } from "./sqlite-errors.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { prepareSchema } from "./sqlite-schema.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { forgetOld, sweepSpool } from "./sqlite-upkeep.ts";
import { threadBroadcast, threadLocks } from "./thread-share.ts";

/** How a queue lies in a Durable Object. */
export interface DurableObjectQueueOptions {
  /** @default the platform's */
  readonly clock?: Clock;
}

/**
 * A queue in the SQLite storage of a Durable Object: what waits there survives the object's eviction. For a tracker that
 * lives in an object of its own, such as an agent; one object has one such queue. Whoever makes the tracker after an
 * eviction sends what the one before left: let an alarm do it.
 *
 * @param storage `ctx.storage` of the object, whose class must be one of `new_sqlite_classes`.
 *
 * @example
 * ```ts no-run
 * import { createTracker, type Tracker } from "tracklet";
 * import { type DurableObjectSqlStorage, durableObjectQueue } from "tracklet/workers";
 *
 * export class Agent {
 *   readonly tracker: Tracker;
 *
 *   constructor(ctx: { readonly storage: DurableObjectSqlStorage }) {
 *     const queue = durableObjectQueue(ctx.storage);
 *     this.tracker = createTracker({ trackingUri: "https://mlflow.example", queue });
 *   }
 *
 *   async alarm(): Promise<void> {
 *     await this.tracker.flush({ timeout: 60_000 });
 *   }
 * }
 * ```
 */
export function durableObjectQueue(
  storage: DurableObjectSqlStorage,
  { clock = platformClock }: DurableObjectQueueOptions = {},
): QueueStorage {
  let store: QueueStore | undefined;
  return {
    name: "Durable Object",
    durable: true,
    async open() {
      store ??= openStore(storage, clock);
      return store;
    },
  };
}

/** One thread has the storage: nothing is locked, and nobody else can move it away. */
function openStore(storage: DurableObjectSqlStorage, clock: Clock): QueueStore {
  const database = durableObjectDatabase(storage);
  const now = (): number => clock.now();
  try {
    prepareSchema(database);
    const spool = sqlSpool(database, now);
    sweepSpool(database, spool, now());
    forgetOld(database, now());
    const host: SqliteHost = {
      label: database.label,
      spool,
      large: largeValues(database),
      database: () => database,
      check() {},
      failed: (error) => storageError(error, database.label, "2 MB"),
      relieve: () => false,
      now,
      close() {},
    };
    return new SqliteStore(host, { ...threadLocks(), close() {} }, threadBroadcast());
  } catch (error) {
    throw storageError(error, database.label);
  }
}
