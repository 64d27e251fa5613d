import { type StoreValue, unwrap } from "idb";
import type { Reading, StoreName, Writing } from "./indexed-db-connection.ts";
import type { Schema } from "./indexed-db-schema.ts";

// What each change asks for goes by the database's own requests: the proxy and the promise that idb makes of each take as
// long as the request itself.

/** The record under a key. */
export function get<S extends StoreName>(
  transaction: Reading | Writing,
  store: S,
  key: IDBValidKey,
): Promise<StoreValue<Schema, S> | undefined> {
  const request = unwrap(transaction as Writing)
    .objectStore(store)
    .get(key);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Puts a record. Nobody waits for it: when it fails, so does its transaction, which says why. */
export function put<S extends StoreName>(
  transaction: Writing,
  store: S,
  value: StoreValue<Schema, S>,
  key?: IDBValidKey,
): void {
  unwrap(transaction).objectStore(store).put(value, key);
}

/** Deletes a record, or all of a range, in the same way. */
export function remove(transaction: Writing, store: StoreName, key: IDBValidKey | IDBKeyRange): void {
  unwrap(transaction).objectStore(store).delete(key);
}
