import { StorageError } from "../../errors/usage-errors.ts";
import type { Problems } from "../problems.ts";
import { StaleTermError } from "../storage.ts";
import { messageOf } from "./words-of-errors.ts";

const STORAGE_RETRY = 1_000;
/** Another process holds the lock for milliseconds: tried again so soon, so often, before anybody is told. */
const BUSY_RETRY = 20;
const BUSY_TRIES = 50;

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

/** Decides when a storage that failed is tried again, and whether a person is told. */
export class StorageTrouble {
  readonly #name: string;
  readonly #problems: Problems;
  /** Tries in a row that met a lock. */
  #busy = 0;

  constructor(name: string, problems: Problems) {
    this.#name = name;
    this.#problems = problems;
  }

  /** Gives the milliseconds until the next try. */
  after(cause: unknown): number {
    if (cause instanceof StorageError && cause.fault === "busy" && ++this.#busy <= BUSY_TRIES) return BUSY_RETRY;
    const message = `Cannot read or change the queue in "${this.#name}": it is tried again. ${messageOf(cause)}`;
    this.#problems.report({ kind: "storage", message, cause });
    return STORAGE_RETRY;
  }

  /** It works again. */
  over(): void {
    this.#busy = 0;
  }
}
