import type { Broadcast } from "../../src/runtime/ports/broadcast.ts";
import type { Locks } from "../../src/runtime/ports/locks.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import { threadBroadcast } from "../../src/queue/storage/thread-share.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { manualRuntime, type ManualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { type Harness, harness } from "./harness.ts";

/** How the processes of a world can agree. */
export interface WorldOptions {
  /** `web`: as in a browser; `file`: nobody waits, nobody steals; `none`: the lease alone. @default "none" */
  readonly locks?: "web" | "file" | "none";
  /** @default false */
  readonly broadcast?: boolean;
}

/** All that there are. */
export const kinds: [string, WorldOptions][] = [
  ["a lease alone", { locks: "none" }],
  ["a lease and messages", { locks: "none", broadcast: true }],
  ["Web Locks", { locks: "web", broadcast: true }],
  ["locked files", { locks: "file" }],
];

interface Holder {
  readonly process: WorldProcess;
  readonly onLost: (() => void) | undefined;
}

/** A process with a queue over the storage that all share. */
export interface WorldProcess extends Harness {
  readonly clock: ManualClock;
  /** Ends it without a word: the platform lets go of its locks. */
  die(): void;
  /** Its time stands, and nothing reaches it, until it goes on. */
  stop(): void;
  goOn(): void;
}

/** Several processes that have one storage open, each with a clock of its own, in front of one server. */
export class World {
  readonly store: MemoryStore = new MemoryStore();
  readonly clock: ManualClock = new ManualClock();
  readonly oracle: OracleServer = new OracleServer(this.clock);
  readonly #options: WorldOptions;
  readonly #held = new Map<string, Holder>();
  readonly #waiting: { name: string; process: WorldProcess; take: () => void }[] = [];
  readonly #broadcast = threadBroadcast();
  readonly #processes: WorldProcess[] = [];
  readonly #gone = new Set<WorldProcess>();
  readonly #stopped = new Set<WorldProcess>();

  constructor(options: WorldOptions = {}) {
    this.#options = options;
  }

  /** Lets all that run live for so long, a tenth of a second at a time. */
  async pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 100) {
      await this.clock.advance(Math.min(100, ms - at));
      for (const process of this.#processes) {
        if (!this.#gone.has(process) && !this.#stopped.has(process))
          await process.clock.advance(Math.min(100, ms - at));
      }
    }
  }

  /** Lets time pass until a promise settles. */
  async until<T>(promise: Promise<T>, limit = 600_000): Promise<T> {
    let done = false;
    const mark = (): void => {
      done = true;
    };
    promise.then(mark, mark);
    for (let at = 0; at < limit && !done; at += 100) await this.pass(100);
    if (!done) throw new Error(`Cannot wait for a promise as nothing settles it within ${limit} ms`);
    return promise;
  }

  /** Starts a process. */
  start(seed: number = this.#processes.length + 1): WorldProcess {
    const clock = new ManualClock();
    const runtime: ManualRuntime = manualRuntime({ seed, clock });
    const storage = this.#storage(() => process);
    const it = harness({ runtime, storage, oracle: this.oracle });
    const process: WorldProcess = {
      ...it,
      clock,
      die: () => {
        this.#gone.add(process);
        for (const [name, holder] of this.#held) if (holder.process === process) this.#free(name);
      },
      stop: () => void this.#stopped.add(process),
      goOn: () => void this.#stopped.delete(process),
    };
    this.#processes.push(process);
    return process;
  }

  #storage(self: () => WorldProcess): QueueStorage {
    const locks = this.#options.locks ?? "none";
    const own: { locks: Locks | undefined; broadcast: Broadcast | undefined } = {
      locks: locks === "none" ? undefined : this.#locks(self, locks === "web"),
      broadcast: this.#options.broadcast ? this.#broadcastOf(self) : undefined,
    };
    const store = new Proxy(this.store as QueueStore, {
      get: (_, name: keyof QueueStore) => {
        if (name in own) return own[name as keyof typeof own];
        const method = this.store[name as "heads"];
        return typeof method === "function" ? method.bind(this.store) : method;
      },
    });
    return { name: "shared", durable: true, open: async () => store };
  }

  #broadcastOf(self: () => WorldProcess): Broadcast {
    return {
      join: (listener) =>
        this.#broadcast.join((message) => {
          if (!this.#gone.has(self()) && !this.#stopped.has(self())) listener(message);
        }),
    };
  }

  #locks(self: () => WorldProcess, web: boolean): Locks {
    return {
      stalls: true,
      acquire: async (name, { wait, steal, onLost } = {}) => {
        const process = self();
        const take = (): (() => void) => {
          const holder: Holder = { process, onLost };
          this.#held.set(name, holder);
          return () => {
            if (this.#held.get(name) === holder) this.#free(name);
          };
        };
        const before = this.#held.get(name);
        if (!before) return take();
        if (web && steal) {
          const unlock = take();
          before.onLost?.();
          return unlock;
        }
        if (!web || !wait) return undefined;
        return new Promise((resolve, reject) => {
          wait.addEventListener("abort", () => reject(wait.reason as Error));
          this.#waiting.push({ name, process, take: () => resolve(take()) });
        });
      },
    };
  }

  #free(name: string): void {
    this.#held.delete(name);
    const at = this.#waiting.findIndex((next) => next.name === name && !this.#gone.has(next.process));
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.take();
  }
}
