import { createClient } from "../../src/client/client.ts";
import { createQueue } from "../../src/queue/create-queue.ts";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import type { Queue } from "../../src/queue/queue.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { threadLocks } from "../../src/queue/storage/thread-share.ts";
import type { DeliveryOptions, NewRun, Problem } from "../../src/queue/types.ts";
import { type ManualRuntime, manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";

/** The same storage as one sees it who knows nothing of the others' locks and messages: another leader, by mistake. */
export function apart(storage: QueueStorage): QueueStorage {
  return {
    ...storage,
    open: async () => {
      const store = await storage.open();
      const own = { locks: threadLocks(), broadcast: undefined };
      return new Proxy(store, {
        get: (_, name: keyof QueueStore) => {
          if (name in own) return own[name as keyof typeof own];
          return typeof store[name] === "function" ? store[name].bind(store) : store[name];
        },
      });
    },
  };
}

/** The same storage as the next process opens it, after whoever led has died without a word. */
export async function afterDeath(storage: QueueStorage): Promise<QueueStorage> {
  const store = await storage.open();
  await store.beginTerm({ seen: await store.lease() });
  await store.endTerm((await store.lease()).term);
  return apart(storage);
}

/** A queue over a memory storage in front of an oracle, with time in the hands of the test. */
export interface Harness {
  readonly runtime: ManualRuntime;
  readonly oracle: OracleServer;
  readonly storage: QueueStorage;
  readonly queue: Queue;
  readonly problems: Problem[];
  /** Starts a run of that name and gives our id. */
  start(name: string, more?: Partial<NewRun>): string;
}

export function harness(
  options: {
    delivery?: DeliveryOptions;
    seed?: number;
    storage?: QueueStorage;
    oracle?: OracleServer;
    runtime?: ManualRuntime;
    keptRuns?: number;
    /** What sends, instead of going to the oracle at once. */
    fetch?: Fetch;
  } = {},
): Harness {
  const runtime = options.runtime ?? manualRuntime({ seed: options.seed ?? 1 });
  const oracle = options.oracle ?? new OracleServer(runtime.clock);
  const storage = options.storage ?? memoryQueue();
  const problems: Problem[] = [];
  const client = createClient({ trackingUri: "http://oracle.test", fetch: options.fetch ?? oracle.fetch, runtime });
  const queue = createQueue({
    storage,
    client: async () => client,
    runtime,
    onProblem: (problem) => problems.push(problem),
    keptRuns: options.keptRuns,
    ...(options.delivery && { delivery: options.delivery }),
  });
  return {
    runtime,
    oracle,
    storage,
    queue,
    problems,
    start(name, more = {}) {
      const localId = more.localId ?? `local-${name}`;
      queue.createRun({ localId, experiment: { name: "Default" }, name, startTime: 1, tags: {}, ...more });
      return localId;
    },
  };
}

/** A point as the oracle keeps it. */
export function row(key: string, step: number, timestamp: number, value: number): string {
  return JSON.stringify([key, step, timestamp, String(value)]);
}
