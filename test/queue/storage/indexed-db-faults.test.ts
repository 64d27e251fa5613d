import { describe, expect, test } from "vitest";
import type { QueueStore } from "../../../src/queue/storage.ts";
import { indexedDbQueue } from "../../../src/queue/storage/indexed-db.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { draft } from "./drafts.ts";
import { newName, openPlain, patched, resultOf } from "./indexed-db-tools.ts";

async function opened(name: string): Promise<{ store: QueueStore; problems: string[] }> {
  const problems: string[] = [];
  return { store: await indexedDbQueue({ name }).open(({ message }) => problems.push(message)), problems };
}

/** Fails the next so many calls of a method. */
function failing<T extends object, K extends keyof T, R>(
  target: T,
  key: K,
  error: DOMException,
  times: number,
  body: () => Promise<R>,
): Promise<R> {
  const replacement = (original: T[K]): T[K] =>
    function (this: T, ...args: unknown[]) {
      if (times-- > 0) throw error;
      return (original as (...args: unknown[]) => unknown).apply(this, args);
    } as T[K];
  return patched(target, key, replacement, body);
}

describe("indexedDbQueue under faults", () => {
  test("F23 rejects what the quota refuses, changes nothing, and goes on when there is room", async () => {
    const { store } = await opened(newName());
    await store.append("w", [draft(1)]);
    const term = await store.beginTerm();
    const quota = new DOMException("no room", "QuotaExceededError");
    const full = { name: "StorageError", fault: "full", message: expect.stringContaining("QuotaExceededError") };
    await failing(IDBObjectStore.prototype, "put", quota, 1, () =>
      expect(store.append("w", [draft(2)])).rejects.toMatchObject(full),
    );
    await failing(IDBObjectStore.prototype, "put", quota, 1, () =>
      expect(store.acknowledge(1, term)).rejects.toMatchObject(full),
    );
    expect(await store.status()).toMatchObject({ waiting: { requests: 1 }, delivered: { requests: 0 }, order: 1 });
    expect((await store.heads(0, 10)).map(({ order }) => order)).toEqual([1]);
    expect(await store.append("w", [draft(2)])).toMatchObject([{ stored: true, order: 2 }]);
    await store.acknowledge(1, term);
    expect((await store.status()).delivered.requests).toBe(1);
    await store.close();
  });

  test("F27 open() rejects after the time-out when the browser gives no answer, and works later", async () => {
    const name = newName();
    const holder = await openPlain(name, 1);
    // A page that does not let go blocks the deletion, and the deletion every open after it.
    const deletion = resultOf(indexedDB.deleteDatabase(name));
    const clock = new ManualClock();
    const storage = indexedDbQueue({ name, clock });
    const failed = expect(storage.open()).rejects.toMatchObject({
      name: "StorageError",
      fault: "timeout",
      message: expect.stringContaining("must answer within 5000 ms"),
    });
    await settle(20);
    expect(clock.pending).toBe(1);
    await clock.advance(5_000);
    await failed;
    holder.close();
    await deletion;
    const store = await storage.open();
    expect((await store.append("w", [draft(1)]))[0]?.stored).toBe(true);
    expect(clock.pending).toBe(0);
    await store.close();
  });

  test("F27 lets another page upgrade at once, and then says that this one is too old", async () => {
    const name = newName();
    const { store } = await opened(name);
    await store.append("w", [draft(1)]);
    const newer = await openPlain(name, 99);
    const tooOld = {
      name: "StorageError",
      fault: "newer",
      message: expect.stringContaining("reload the page, or update tracklet"),
    };
    await expect(store.append("w", [draft(2)])).rejects.toMatchObject(tooOld);
    // F40: it is left as it is.
    expect(newer.version).toBe(99);
    expect(await resultOf(newer.transaction("chunks").objectStore("chunks").count())).toBe(1);
    newer.close();
    await expect(indexedDbQueue({ name }).open()).rejects.toMatchObject(tooOld);
  });

  test.each([
    ["InvalidStateError", "The database connection is closing."],
    ["UnknownError", "Connection to Indexed Database server lost. Refresh the page to try again"],
  ])("F28 opens again once when the connection is lost (%s)", async (name, message) => {
    const { store } = await opened(newName());
    const lost = new DOMException(message, name);
    const put = () => store.append("w", [draft(1)]);
    expect(await failing(IDBDatabase.prototype, "transaction", lost, 1, put)).toEqual([
      { stored: true, order: 1, count: 1 },
    ]);
    await failing(IDBDatabase.prototype, "transaction", lost, 2, () =>
      expect(store.status()).rejects.toMatchObject({ name: "StorageError" }),
    );
    expect((await store.status()).waiting.requests).toBe(1);
    await store.close();
  });

  test("F28 repeats what was cut off in the middle, without doubling it", async () => {
    const { store } = await opened(newName());
    const lost = new DOMException("Connection to Indexed Database server lost", "UnknownError");
    const drafts = [draft(1), draft(2)];
    await failing(IDBObjectStore.prototype, "put", lost, 1, () => store.append("w", drafts));
    expect(await store.status()).toMatchObject({ waiting: { requests: 2 }, order: 2 });
    await store.close();
  });

  test("F29 goes on anew, and says so, when the database was deleted while it is open", async () => {
    const name = newName();
    const { store, problems } = await opened(name);
    const term = await store.beginTerm();
    await store.append("w", [draft(1), draft(2, { sealed: false, kind: "metrics", count: 2 })]);
    await resultOf(indexedDB.deleteDatabase(name));
    expect(await store.append("w", [draft(2, { order: 2, kind: "metrics", count: 5 })])).toEqual([
      { stored: true, order: 1, count: 5 },
    ]);
    expect(problems).toEqual([expect.stringContaining("was emptied by the browser or by somebody else")]);
    await expect(store.acknowledge(1, term)).rejects.toMatchObject({ name: "StaleTermError" });
    expect((await store.status()).waiting).toEqual({ points: 5, requests: 0 });
    await store.close();
  });

  test("F29 goes on anew, and says so, when everything in it was cleared while it is open", async () => {
    const name = newName();
    const { store, problems } = await opened(name);
    await store.append("w", [draft(1)]);
    const other = await openPlain(name);
    const stores = [...other.objectStoreNames];
    const clearing = other.transaction(stores, "readwrite");
    await Promise.all(stores.map((each) => resultOf(clearing.objectStore(each).clear())));
    other.close();
    expect(await store.append("w", [draft(2)])).toEqual([{ stored: true, order: 1, count: 1 }]);
    expect(problems).toHaveLength(1);
    expect(await store.status()).toMatchObject({ waiting: { requests: 1 }, order: 1 });
    await store.close();
  });

  test("F30 open() rejects where the browser allows no IndexedDB", async () => {
    const denied = new DOMException("The operation is insecure.", "SecurityError");
    const storage = indexedDbQueue({ name: newName() });
    await failing(IDBFactory.prototype, "open", denied, 2, () =>
      expect(storage.open()).rejects.toMatchObject({ name: "StorageError", fault: "denied" }),
    );
    await (await storage.open()).close();
  });
});
