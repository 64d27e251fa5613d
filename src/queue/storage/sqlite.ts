import { ConfigurationError, StorageError } from "../../errors/usage-errors.ts";
import { builtin } from "../../runtime/builtin.ts";
import { localFiles } from "../../runtime/local-files.ts";
import { platformClock } from "../../runtime/platform-clock.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { QueueStorage, QueueStore } from "../storage.ts";
import type { Problem } from "../types.ts";

/** Milliseconds between two tries to open a file that another process makes now, and for all of them. */
const RETRY = 20;
const PATIENCE = 5_000;

/** Where the queue lies. */
export interface SqliteQueueOptions {
  /** Path or `file:` URL of a file of its own. It, its folder, `<path>-spool` for artifacts and `<path>-locks` are made when needed. */
  readonly path: string | URL;
  /**
   * `relaxed` survives the end and the crash of the process; `strict` waits for the disk at each put, and so survives a
   * power cut too.
   * @default "relaxed"
   */
  readonly durability?: "relaxed" | "strict";
  /** @default the platform's */
  readonly clock?: Clock;
}

/**
 * A queue in a SQLite file: what waits there survives the process, and several processes may share it. Node, Deno and
 * Bun. What is put there survives a crash of the process; with `durability: "strict"` a power cut, too. Without it that
 * may cost the last seconds, never what came before something that is still there.
 *
 * @throws StorageError from `open()` when the file cannot be used, or a newer tracklet made it; ConfigurationError where
 * the runtime has no built-in SQLite.
 *
 * @example
 * ```ts
 * import { createTracker } from "tracklet";
 * import { sqliteQueue } from "tracklet/queue/sqlite";
 *
 * const queue = sqliteQueue({ path: ".tracklet/queue.db" });
 * await using tracker = createTracker({ trackingUri: "http://localhost:5000", queue });
 * ```
 */
export function sqliteQueue(options: SqliteQueueOptions): QueueStorage {
  const { path, clock = platformClock, durability = "relaxed" } = options;
  // Resolved now: the working directory may change.
  const file = builtin("node:path") ? localFiles.resolve(path) : String(path);
  const listeners = new Set<(problem: Problem) => void>();
  const report = (problem: Problem): void => {
    for (const listener of listeners) listener(problem);
  };
  let store: Promise<QueueStore> | undefined;
  let loaded: QueueStore | undefined;
  const load = async (): Promise<QueueStore> => {
    if (String(path) === ":memory:") {
      throw new ConfigurationError(
        `Cannot open a queue as its path must name a file: current value is "${path}"; use "memoryQueue()"`,
      );
    }
    const { hasNodeSqlite, runtimeWithoutSqlite } = await import("../../sql/node-sqlite.ts");
    if (!hasNodeSqlite()) {
      throw new ConfigurationError(
        `Cannot open the queue "${file}" as ${runtimeWithoutSqlite()} has no built-in SQLite: use "indexedDbQueue()" in a browser, else Node 22.13 or later, Deno or Bun`,
      );
    }
    const [{ SqliteFile }, { SqliteStore }, { fileLocks }] = await Promise.all([
      import("./sqlite-file.ts"),
      import("./sqlite-store.ts"),
      import("./sqlite-locks.ts"),
    ]);
    loaded = new SqliteStore(new SqliteFile({ path: file, clock, report, durability }), fileLocks(`${file}-locks`));
    return loaded;
  };
  const get = (): Promise<QueueStore> => {
    store ??= load();
    store.catch(() => {
      store = undefined;
    });
    return store;
  };
  return {
    name: file,
    durable: true,
    prepare: get,
    openNow: () => loaded,
    holds: () => builtin("node:fs")?.existsSync(file) ?? false,
    async open(onProblem) {
      if (onProblem) listeners.add(onProblem);
      const opened = await get();
      const end = clock.monotonic() + PATIENCE;
      for (;;) {
        try {
          await opened.status();
          return opened;
        } catch (error) {
          // Two processes that make one file at the same time: SQLite itself would wait in the thread.
          if (!(error instanceof StorageError && error.fault === "busy") || clock.monotonic() >= end) throw error;
          await new Promise<void>((resolve) => void clock.after(RETRY, resolve));
        }
      }
    },
  };
}
