import { type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import { StorageError } from "../../errors/usage-errors.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { Problem } from "../types.ts";
import { isLost, storageError } from "./indexed-db-errors.ts";
import { type Migration, newState, type Schema, SCHEMA_VERSION, upgrade } from "./indexed-db-schema.ts";

/** A name of an object store. */
export type StoreName =
  | "state"
  | "chunks"
  | "open"
  | "bodies"
  | "notes"
  | "quarantined"
  | "writers"
  | "runs"
  | "accounts"
  | "fates"
  | "meta";
/** A transaction over all object stores that were named for it. */
export type Reading = IDBPTransaction<Schema, StoreName[], "readonly">;
/** One that changes them. */
export type Writing = IDBPTransaction<Schema, StoreName[], "readwrite">;

/** What a connection needs. */
export interface ConnectionParts {
  readonly name: string;
  readonly durability: "relaxed" | "strict";
  /** Milliseconds. */
  readonly openTimeout: number;
  readonly clock: Clock;
  readonly report: (problem: Problem) => void;
  /** Steps beyond the newest version, for tests of what a later one will do. */
  readonly later?: readonly Migration[];
}

/** A database that is opened when it is needed, and again when its handle was lost. */
export class Connection {
  readonly #parts: ConnectionParts;
  #database: Promise<IDBPDatabase<Schema>> | undefined;
  /** The database was there before, with its state. */
  #known = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Runs `body` in one transaction. It may wait for nothing but requests of it, or the transaction ends early. */
  read<T>(stores: StoreName[], body: (transaction: Reading) => Promise<T>): Promise<T> {
    return this.#run((database) => database.transaction(stores, "readonly"), body);
  }

  /** As `read`, with changes: all of them are kept when the promise resolves, none when it rejects. */
  write<T>(stores: StoreName[], body: (transaction: Writing) => Promise<T>): Promise<T> {
    const { durability } = this.#parts;
    return this.#run((database) => database.transaction(stores, "readwrite", { durability }), body);
  }

  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      throw storageError(error, this.#parts.name);
    }
  }

  async close(): Promise<void> {
    if (this.#database) await this.#letGo(this.#database);
  }

  /** Says that all is gone that was here before. */
  lost(): void {
    const message = `The queue in IndexedDB "${this.#parts.name}" was emptied by the browser or by somebody else: what waited there is lost, and what is logged from now on is kept anew`;
    this.#parts.report({ kind: "storage", message });
  }

  async #run<T, R extends Reading | Writing>(
    begin: (database: IDBPDatabase<Schema>) => R,
    body: (transaction: R) => Promise<T>,
  ): Promise<T> {
    for (let again = false; ; again = true) {
      const opening = this.#open();
      try {
        return await transact(begin(await opening), body);
      } catch (error) {
        // Every change can be repeated: one that took place after all changes nothing the second time.
        if (again || !isLost(error)) throw storageError(error, this.#parts.name);
        await this.#letGo(opening);
      }
    }
  }

  async #letGo(opening: Promise<IDBPDatabase<Schema>>): Promise<void> {
    if (this.#database === opening) this.#database = undefined;
    await opening.then((database) => database.close()).catch(() => undefined);
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    if (!this.#database) {
      const forget = (): void => {
        if (this.#database === opening) this.#database = undefined;
      };
      const opening = this.#connect(forget);
      this.#database = opening;
      opening.catch(forget);
    }
    return this.#database;
  }

  async #connect(forget: () => void): Promise<IDBPDatabase<Schema>> {
    const { name, openTimeout, clock, later = [] } = this.#parts;
    if (typeof indexedDB === "undefined") {
      throw new StorageError(`Cannot open the queue "${name}" as this runtime has no IndexedDB`, { fault: "denied" });
    }
    let made = false;
    let late = false;
    let failure: unknown;
    const opening = openDB<Schema>(name, SCHEMA_VERSION + later.length, {
      upgrade(database, before, _after, transaction) {
        queued(transaction.done);
        try {
          upgrade(database, before);
          for (const step of later.slice(Math.max(0, before - SCHEMA_VERSION))) step(database, transaction);
          made = before === 0;
          if (made) queued(transaction.objectStore("state").put(newState(), "state"));
        } catch (error) {
          // Thrown from here, a page would tell it as uncaught, and `open` only that it was aborted.
          failure = error;
          transaction.abort();
        }
      },
      // Another page wants to upgrade or to delete: it must not wait for this one.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    // Browsers are known to leave an open without any answer.
    const timeout = new Promise<never>((_, reject) => {
      const timer = clock.after(openTimeout, () => {
        late = true;
        const message = `Cannot open the queue in IndexedDB "${name}" as the browser must answer within ${openTimeout} ms: close other pages of this site`;
        reject(new StorageError(message, { fault: "timeout" }));
      });
      opening.then(
        () => timer.cancel(),
        () => timer.cancel(),
      );
    });
    opening.then(
      (database) => late && database.close(),
      () => undefined,
    );
    const database = await Promise.race([opening, timeout]).catch((error: unknown) => {
      throw failure ?? error;
    });
    if (made && this.#known) this.lost();
    this.#known = true;
    return database;
  }
}

async function transact<T, R extends Reading | Writing>(
  transaction: R,
  body: (transaction: R) => Promise<T>,
): Promise<T> {
  try {
    const [result] = await Promise.all([body(transaction), transaction.done]);
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It is over already.
    }
    await transaction.done.catch(() => undefined);
    // The transaction knows why, where a request may know only that it was aborted.
    throw transaction.error ?? error;
  }
}

/** A request that nobody waits for: when it fails, so does its transaction, which says why. */
export function queued(request: Promise<unknown>): void {
  request.catch(() => undefined);
}
