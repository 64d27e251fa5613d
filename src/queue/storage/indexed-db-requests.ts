import { type StoreValue, unwrap } from "idb";
import type { StoreName, Writing } from "./indexed-db-connection.ts";
import type { Schema } from "./indexed-db-schema.ts";

// Nobody waits for these: when one fails, so does its transaction, which says why. The promise that idb makes of each
// request takes as long as the request itself.

/** Puts a record. */
export function put<S extends StoreName>(
  transaction: Writing,
  store: S,
  value: StoreValue<Schema, S>,
  key?: IDBValidKey,
): void {
  unwrap(transaction).objectStore(store).put(value, key);
}

/** Deletes a record, or all of a range. */
export function remove(transaction: Writing, store: StoreName, key: IDBValidKey | IDBKeyRange): void {
  unwrap(transaction).objectStore(store).delete(key);
}
