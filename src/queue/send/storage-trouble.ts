import { StorageError } from "../../errors/usage-errors.ts";
import type { Clock, Timer } from "../../runtime/ports/clock.ts";
import type { Problems } from "../problems.ts";
import { StaleTermError } from "../storage.ts";
import { messageOf } from "./words-of-errors.ts";

const STORAGE_RETRY = 1_000;
/** Another process holds the lock for milliseconds: tried again so soon, so often, before anybody is told. */
const BUSY_RETRY = 20;
const BUSY_TRIES = 50;
/** Milliseconds without a failure after which one is over, where something was done since: what failed was tried again. */
const QUIET = 10_000;

/** Says so of the store, so that its failure is not taken for the server's. */
export function ofStorage<T>(operation: Promise<T>): Promise<T> {
  return operation.catch((cause: unknown) => {
    if (isOfStorage(cause)) throw cause;
    throw new StorageError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
}

/** True for what says nothing of the server. */
export function isOfStorage(error: unknown): boolean {
  return error instanceof StaleTermError || error instanceof StorageError;
}

/** What it needs. */
export interface StorageTroubleParts {
  /** Of the storage, for people. */
  readonly name: string;
  readonly problems: Pick<Problems, "report" | "solve">;
  readonly runtime: { readonly clock: Pick<Clock, "monotonic" | "after"> };
  readonly onChange: () => void;
}

/** Decides when a storage that failed is tried again, and what a person is told of that. */
export class StorageTrouble {
  readonly #parts: StorageTroubleParts;
  /** Tries in a row that met a lock. */
  #busy = 0;
  /** What was told and is not over. */
  readonly #told = new Set<string>();
  /** Monotonic time from which on it counts as over, unless it fails again. */
  #until = 0;
  /** Something was done since it failed last. */
  #works = false;
  #timer: Timer | undefined;

  constructor(parts: StorageTroubleParts) {
    this.#parts = parts;
  }

  /** Gives the milliseconds until the next try. */
  after(cause: unknown): number {
    const { name, problems, runtime } = this.#parts;
    this.#works = false;
    this.#until = runtime.clock.monotonic() + QUIET;
    if (cause instanceof StorageError && cause.fault === "busy" && ++this.#busy <= BUSY_TRIES) return BUSY_RETRY;
    const message = `Cannot read or change the queue in "${name}": it is tried again. ${messageOf(cause)}`;
    this.#told.add(message);
    problems.report({ kind: "storage", message, cause });
    return STORAGE_RETRY;
  }

  /** What is done there over and over was done: something else may fail still, as what is written does on a full disk. */
  works(): void {
    if (this.#told.size === 0) return;
    const { problems, runtime, onChange } = this.#parts;
    const rest = this.#until - runtime.clock.monotonic();
    this.#works = true;
    if (rest > 0) {
      this.#timer ??= runtime.clock.after(Math.ceil(rest), () => {
        this.#timer = undefined;
        if (this.#works) this.works();
      });
      return;
    }
    for (const message of this.#told) problems.solve("storage", undefined, message);
    this.#told.clear();
    onChange();
  }

  /** A chunk was taken off. */
  over(): void {
    this.#busy = 0;
    this.works();
  }
}
