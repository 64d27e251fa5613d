import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import type { Broadcast } from "../../src/runtime/ports/broadcast.ts";
import type { Clock, Timer } from "../../src/runtime/ports/clock.ts";
import type { Locks } from "../../src/runtime/ports/locks.ts";
import type { QueueStorage, QueueStore } from "../../src/queue/storage.ts";
import { MemoryStore } from "../../src/queue/storage/memory-store.ts";
import { threadBroadcast } from "../../src/queue/storage/thread-share.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { OracleServer } from "../support/oracle-server.ts";
import { type Harness, harness } from "./harness.ts";

/** How the processes of a world can agree. */
export interface WorldOptions {
  /** `web`: as in a browser; `file`: nobody waits, nobody steals; `none`: the lease alone. @default "none" */
  readonly locks?: "web" | "file" | "none";
  /** @default false */
  readonly broadcast?: boolean;
}

const all: [string, WorldOptions][] = [
  ["a lease alone", { locks: "none" }],
  ["a lease and messages", { locks: "none", broadcast: true }],
  ["Web Locks", { locks: "web", broadcast: true }],
  ["locked files", { locks: "file" }],
];

/** All that there are; in a browser, where time in tests is dear, those that browsers have. */
export const kinds: [string, WorldOptions][] = all.filter(
  ([, { broadcast }]) => broadcast || detectRuntime() !== "browser",
);

/** The time of one process, which may be stopped while that of the world goes on. */
class ProcessClock implements Clock {
  readonly #world: Clock;
  #held: (() => void)[] | undefined;
  dead = false;
  /** Milliseconds that the wall clock is off. */
  offset = 0;

  constructor(world: Clock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now() + this.offset;
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  after(ms: number, callback: () => void): Timer {
    let over = false;
    const timer = this.#world.after(ms, () => {
      this.deliver(() => {
        if (!over) callback();
      });
    });
    return {
      cancel: () => {
        over = true;
        timer.cancel();
      },
    };
  }

  /** Lets something from outside reach the process: not when it is dead, later when it is stopped. */
  deliver(event: () => void): void {
    if (this.#held) this.#held.push(event);
    else if (!this.dead) event();
  }

  stop(): void {
    this.#held ??= [];
  }

  goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.deliver(event);
  }
}

interface Holder {
  readonly process: WorldProcess;
  readonly onLost: (() => void) | undefined;
}

/** A process with a queue over the storage that all share. */
export interface WorldProcess extends Harness {
  readonly clock: ProcessClock;
  /** Requests that it sent to change something. */
  readonly writes: string[];
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
  #started = 0;
  constructor(options: WorldOptions = {}) {
    this.#options = options;
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Lets time pass until a promise settles. */
  until<T>(promise: Promise<T>, limit = 600_000): Promise<T> {
    return this.clock.until(promise, limit);
  }

  /** Starts a process. */
  start(seed: number = ++this.#started): WorldProcess {
    const clock = new ProcessClock(this.clock);
    const runtime = { ...manualRuntime({ seed }), clock: clock as never };
    const storage = this.#storage(() => process);
    const writes: string[] = [];
    const fetch = (request: Request): Promise<Response> => {
      if (request.method !== "GET" && !request.url.endsWith("search")) writes.push(request.url.split("/mlflow/")[1]!);
      return this.oracle.fetch(request);
    };
    const it = harness({ runtime, storage, oracle: this.oracle, fetch });
    const process: WorldProcess = {
      ...it,
      clock,
      writes,
      die: () => {
        clock.dead = true;
        for (const [name, holder] of this.#held) if (holder.process === process) this.#free(name);
      },
      stop: () => clock.stop(),
      goOn: () => clock.goOn(),
    };
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
      join: (listener) => this.#broadcast.join((message) => self().clock.deliver(() => listener(message))),
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
    const at = this.#waiting.findIndex((next) => next.name === name && !next.process.clock.dead);
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.take();
  }
}
