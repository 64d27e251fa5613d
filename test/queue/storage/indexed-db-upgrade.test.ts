import { describe, expect, test } from "vitest";
import { Connection, queued } from "../../../src/queue/storage/indexed-db-connection.ts";
import { type Migration, SCHEMA_VERSION } from "../../../src/queue/storage/indexed-db-schema.ts";
import { IndexedDbStore } from "../../../src/queue/storage/indexed-db-store.ts";
import { indexedDbQueue } from "../../../src/queue/storage/indexed-db.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { draft } from "./drafts.ts";
import { newName, openPlain, resultOf } from "./indexed-db-tools.ts";

/** A queue as a later version of the library will open it. */
async function laterStore(name: string, ...later: Migration[]): Promise<IndexedDbStore> {
  const clock = new ManualClock();
  const connection = new Connection({
    name,
    durability: "relaxed",
    openTimeout: 60_000,
    clock,
    report: () => {},
    later,
  });
  await connection.open();
  return new IndexedDbStore(connection, clock);
}

async function versionOf(name: string): Promise<[version: number, stores: string[]]> {
  const database = await openPlain(name);
  const found: [number, string[]] = [database.version, [...database.objectStoreNames]];
  database.close();
  return found;
}

/** Every waiting chunk gets another writer, and there is a new object store. */
const second: Migration = (database, transaction) => {
  (database as unknown as { createObjectStore(name: string): unknown }).createObjectStore("later");
  const chunks = transaction.objectStore("chunks");
  queued(
    chunks.getAll().then((all) => {
      for (const chunk of all) queued(chunks.put({ ...chunk, writer: "upgraded" }));
    }),
  );
};

async function filled(): Promise<string> {
  const name = newName();
  const store = await indexedDbQueue({ name }).open();
  await store.append("w", [draft(1), draft(2, { kind: "artifact", blob: new Blob(["body"]) })]);
  await store.map({ localId: "r", runId: "abc", experimentId: "1" });
  await store.close();
  return name;
}

/** A queue as version 1 left it: two chunks of one writer, of which the first is delivered, and its open run. */
async function ofVersion1(at: number): Promise<string> {
  const name = newName();
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const make = (store: string, keyPath?: string): IDBObjectStore =>
      opening.result.createObjectStore(store, keyPath === undefined ? {} : { keyPath });
    for (const store of ["state", "bodies", "notes", "accounts", "fates", "meta"]) make(store);
    for (const store of ["chunks", "quarantined"]) make(store, "order");
    for (const store of ["writers", "runs"]) make(store).createIndex("at", "at");
    make("open", "run");
  };
  const database = await resultOf(opening);
  const transaction = database.transaction([...database.objectStoreNames], "readwrite");
  const { body, ...facts } = draft(2);
  const header = {
    ...facts,
    writer: "w",
    bucket: 0,
    order: 2,
    span: 1,
    bytes: body.length,
    attempted: 0,
    blobBytes: 0,
  };
  const counts = { waiting: amount(0, 1), delivered: amount(0, 1), quarantined: amount(0, 0), dropped: amount(0, 0) };
  const lease = { beat: 3, held: false, locked: false, says: "" };
  const state = { term: 7, lease, counts: { ...counts, bytes: body.length, blobBytes: 0, order: 2 } };
  const put = (store: string, value: unknown, key?: IDBValidKey): void =>
    void transaction.objectStore(store).put(value, key);
  put("state", state, "state");
  put("chunks", header);
  put("bodies", { body }, 2);
  put("writers", { last: 2, at }, "w");
  put("open", { run: "r", writer: "w", beat: 0 });
  put("runs", { at, mapping: { localId: "r", runId: "abc", experimentId: "1" } }, "r");
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
  return name;
}

const amount = (points: number, requests: number): { points: number; requests: number } => ({ points, requests });

describe("an upgrade of indexedDbQueue", () => {
  test("F40 from version 1 keeps what waits, and what each writer put last, so that nothing is put twice", async () => {
    const at = Date.now();
    const name = await ofVersion1(at);
    const store = await indexedDbQueue({ name }).open();
    expect(await versionOf(name)).toEqual([SCHEMA_VERSION, expect.arrayContaining(["chunks"])]);
    expect(await store.status()).toMatchObject({ waiting: { requests: 1 }, delivered: { requests: 1 }, order: 2 });
    expect(await store.openRuns("", 10)).toEqual([{ run: "r", writer: "w", beat: 0, at }]);
    expect(await store.mapping("r")).toMatchObject({ runId: "abc" });
    const again = await store.append("w", [draft(1), draft(3)]);
    expect(again.map(({ stored, order }) => [stored, order])).toEqual([
      [false, 0],
      [true, 3],
    ]);
    expect(await store.beginTerm()).toBe(8);
    expect((await store.seal(2, 8))?.body).toEqual(draft(2).body);
    await store.close();
  });

  test("F40 keeps what waits, with its bodies, places and runs", async () => {
    const name = await filled();
    const store = await laterStore(name, second);
    expect(await versionOf(name)).toEqual([SCHEMA_VERSION + 1, expect.arrayContaining(["chunks", "later"])]);
    expect((await store.heads(0, 10)).map(({ order, writer }) => [order, writer])).toEqual([
      [1, "upgraded"],
      [2, "upgraded"],
    ]);
    expect(await (await store.seal(2, await store.beginTerm()))?.blob?.text()).toBe("body");
    expect(await store.mapping("r")).toMatchObject({ runId: "abc" });
    await store.close();
  });

  test("F40 that fails or is cut off in the middle changes nothing, and the next one succeeds", async () => {
    const name = await filled();
    const [, before] = await versionOf(name);
    await expect(
      laterStore(name, second, () => {
        throw new Error("out of memory");
      }),
    ).rejects.toThrow("out of memory");
    await expect(laterStore(name, second, (_, transaction) => transaction.abort())).rejects.toThrow();
    expect(await versionOf(name)).toEqual([SCHEMA_VERSION, before]);
    const old = await indexedDbQueue({ name }).open();
    expect((await old.heads(0, 10)).map(({ writer }) => writer)).toEqual(["w", "w"]);
    await old.close();
    const store = await laterStore(name, second, () => {});
    expect((await versionOf(name))[0]).toBe(SCHEMA_VERSION + 2);
    expect(await store.status()).toMatchObject({ waiting: { requests: 2 }, blobBytes: 4, order: 2 });
    await store.close();
  });

  test("F40 lets an older tracklet neither read nor change what the newer one made", async () => {
    const name = await filled();
    await (await laterStore(name, second)).close();
    await expect(indexedDbQueue({ name }).open()).rejects.toMatchObject({ name: "StorageError", fault: "newer" });
    const store = await laterStore(name, second);
    expect(await store.status()).toMatchObject({ waiting: { requests: 2 } });
    await store.close();
  });
});
