import type { Broadcast } from "../../../src/runtime/ports/broadcast.ts";
import type { LockOptions, Locks } from "../../../src/runtime/ports/locks.ts";
import type { Chance } from "./chance.ts";
import type { SimProcess } from "./process.ts";
import type { Timeline } from "./timeline.ts";

/** What processes have in common beside the disk: as tabs, as processes with file locks, or nothing but the lease. */
export const MANNERS = ["tabs", "files", "lease"] as const;

export type Manner = (typeof MANNERS)[number];

/** Somebody who has a lock. */
interface Holder {
  readonly process: SimProcess;
  readonly onLost: (() => void) | undefined;
}

/** Somebody who waits for one. */
interface Waiter extends Holder {
  readonly grant: (release: () => void) => void;
}

/** Locks and a channel between the processes of a world. */
export class Sharing {
  readonly manner: Manner;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #holders = new Map<string, Holder>();
  readonly #waiters = new Map<string, Waiter[]>();
  readonly #listeners = new Map<(message: unknown) => void, SimProcess>();

  constructor(manner: Manner, timeline: Timeline, chance: Chance) {
    this.manner = manner;
    this.#timeline = timeline;
    this.#chance = chance;
  }

  /** Locks as one process sees them; where `broken`, none can be had. */
  locksOf(process: SimProcess, broken: boolean): Locks | undefined {
    if (this.manner === "lease") return undefined;
    return {
      stalls: true,
      acquire: (name, options = {}) =>
        broken ? Promise.reject(new Error("no locks")) : this.#acquire(process, name, options),
    };
  }

  /** The channel as one process sees it. Now and then a message is lost, which may cost time and nothing else. */
  broadcastOf(process: SimProcess): Broadcast | undefined {
    if (this.manner !== "tabs") return undefined;
    return {
      join: (listener) => {
        this.#listeners.set(listener, process);
        return {
          post: (message) => {
            for (const [other, to] of this.#listeners) {
              if (other === listener || !process.alive || this.#chance.may(0.1)) continue;
              this.#timeline.after(this.#chance.fraction() * 5, () => to.deliver(() => other(message)));
            }
          },
          leave: () => void this.#listeners.delete(listener),
        };
      },
    };
  }

  /** The platform takes a lock away from whoever has it. Gives the one who had it. */
  take(): SimProcess | undefined {
    for (const [name, { process, onLost }] of this.#holders) {
      process.deliver(() => onLost?.());
      this.#free(name);
      return process;
    }
    return undefined;
  }

  /** A process is dead: its locks are free. */
  forget(process: SimProcess): void {
    for (const [listener, owner] of this.#listeners) if (owner === process) this.#listeners.delete(listener);
    for (const [name, waiters] of this.#waiters) {
      this.#waiters.set(
        name,
        waiters.filter((waiter) => waiter.process !== process),
      );
    }
    for (const [name, holder] of this.#holders) if (holder.process === process) this.#free(name);
  }

  #acquire(process: SimProcess, name: string, { wait, steal, onLost }: LockOptions): Promise<(() => void) | undefined> {
    return new Promise((resolve, reject) => {
      const holder = this.#holders.get(name);
      const waiter = { process, onLost, grant: resolve };
      if (!holder || (steal && this.manner === "tabs")) {
        holder?.process.deliver(() => holder.onLost?.());
        this.#give(name, waiter);
      } else if (wait && this.manner === "tabs") {
        this.#waiters.set(name, [...(this.#waiters.get(name) ?? []), waiter]);
        wait.addEventListener("abort", () => {
          this.#waiters.set(
            name,
            (this.#waiters.get(name) ?? []).filter((other) => other !== waiter),
          );
          reject(wait.reason as Error);
        });
      } else resolve(undefined);
    });
  }

  #give(name: string, { process, onLost, grant }: Waiter): void {
    const holder = { process, onLost };
    this.#holders.set(name, holder);
    process.deliver(() =>
      grant(() => {
        if (this.#holders.get(name) === holder) this.#free(name);
      }),
    );
  }

  #free(name: string): void {
    this.#holders.delete(name);
    const [next, ...others] = this.#waiters.get(name) ?? [];
    this.#waiters.set(name, others);
    if (next) this.#give(name, next);
  }
}
