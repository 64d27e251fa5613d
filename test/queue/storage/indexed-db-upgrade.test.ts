import { describe, expect, test } from "vitest";
import { Connection, queued } from "../../../src/queue/storage/indexed-db-connection.ts";
import type { Migration } from "../../../src/queue/storage/indexed-db-schema.ts";
import { IndexedDbStore } from "../../../src/queue/storage/indexed-db-store.ts";
import { indexedDbQueue } from "../../../src/queue/storage/indexed-db.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { draft } from "./drafts.ts";
import { newName, openPlain } from "./indexed-db-tools.ts";

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

describe("an upgrade of indexedDbQueue", () => {
  test("F40 keeps what waits, with its bodies, places and runs", async () => {
    const name = await filled();
    const store = await laterStore(name, second);
    expect(await versionOf(name)).toEqual([2, expect.arrayContaining(["chunks", "later"])]);
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
    expect(await versionOf(name)).toEqual([1, before]);
    const old = await indexedDbQueue({ name }).open();
    expect((await old.heads(0, 10)).map(({ writer }) => writer)).toEqual(["w", "w"]);
    await old.close();
    const store = await laterStore(name, second, () => {});
    expect((await versionOf(name))[0]).toBe(3);
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
