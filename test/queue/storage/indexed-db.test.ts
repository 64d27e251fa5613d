import { describe, expect, test } from "vitest";
import { queueContract } from "../../../src/queue/contract.ts";
import { indexedDbQueue } from "../../../src/queue/storage/indexed-db.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { draft } from "./drafts.ts";
import { newName, patched } from "./indexed-db-tools.ts";

describe("indexedDbQueue", () => {
  queueContract(() => indexedDbQueue({ name: newName() }), { test, expect });

  test("keeps chunks, counters, order and terms when it is closed and opened again", async () => {
    const name = newName();
    let store = await indexedDbQueue({ name }).open();
    await store.append("w", [draft(1), draft(2, { kind: "metrics", count: 7, sealed: false })]);
    await store.append("w", [draft(3, { kind: "artifact", blob: new Blob(["a,b"], { type: "text/csv" }) })]);
    const term = await store.beginTerm();
    await store.close();

    store = await indexedDbQueue({ name }).open();
    expect(await store.status()).toMatchObject({ waiting: { points: 7, requests: 2 }, blobBytes: 3, order: 3 });
    expect((await store.heads(0, 10)).map(({ order, sealed }) => [order, sealed])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
    expect((await store.heads(2, 1))[0]).not.toHaveProperty("body");
    const { blob } = (await store.seal(3, term))!;
    expect([await blob?.text(), blob?.type]).toEqual(["a,b", "text/csv"]);
    expect((await store.append("w", [draft(2)]))[0]).toMatchObject({ stored: false });
    expect(await store.beginTerm()).toBeGreaterThan(term);
    await store.close();
  });

  test("two handles share order, counters and terms, also when they write at the same time", async () => {
    const name = newName();
    const [one, two] = [await indexedDbQueue({ name }).open(), await indexedDbQueue({ name }).open()];
    const writes = Array.from({ length: 20 }, (_, n) => [
      one.append("a", [draft(n + 1)]),
      two.append("b", [draft(n + 1)]),
    ]);
    await Promise.all(writes.flat());
    const heads = await one.heads(0, 100);
    expect(heads.map(({ order }) => order)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(await two.status()).toMatchObject({ waiting: { requests: 40 }, order: 40 });
    const old = await one.beginTerm();
    const term = await two.beginTerm();
    await expect(one.acknowledge(1, old)).rejects.toMatchObject({ name: "StaleTermError" });
    await two.acknowledge(1, term);
    expect((await one.status()).delivered.requests).toBe(1);
    await Promise.all([one.close(), two.close()]);
  });

  test("goes on after close() when somebody else still uses it", async () => {
    const storage = indexedDbQueue({ name: newName() });
    const [one, other] = [await storage.open(), await storage.open()];
    await one.close();
    await other.append("w", [draft(1)]);
    expect((await other.status()).waiting.requests).toBe(1);
    await other.close();
  });

  test("append() keeps all of it or nothing", async () => {
    const store = await indexedDbQueue({ name: newName() }).open();
    const wrong = new Map([["r", { name: (() => {}) as unknown as string }]]);
    await expect(store.append("w", [draft(1), draft(2)], wrong)).rejects.toMatchObject({ name: "StorageError" });
    expect(await store.heads(0, 10)).toEqual([]);
    expect(await store.status()).toMatchObject({ waiting: { requests: 0 }, bytes: 0, order: 0 });
    expect(await store.append("w", [draft(1), draft(2)])).toMatchObject([{ stored: true }, { stored: true }]);
    await store.close();
  });

  test("replace() repeated after an answer that was lost counts nothing twice", async () => {
    const store = await indexedDbQueue({ name: newName() }).open();
    await store.append("w", [draft(1, { kind: "metrics", count: 10 })]);
    const term = await store.beginTerm();
    const halves = [1, 2].map((n) => ({ kind: "metrics" as const, count: 5, body: draft(n + 10).body }));
    const first = await store.replace(1, term, halves, "delivered");
    expect(await store.replace(1, term, halves, "delivered")).toEqual(first);
    expect(await store.status()).toMatchObject({ waiting: { points: 10 }, delivered: { points: 0 } });
    await store.close();
  });

  test.each([undefined, "relaxed", "strict"] as const)("F33 commits with durability %s", async (durability) => {
    const store = await indexedDbQueue({ name: newName(), ...(durability && { durability }) }).open();
    const seen: unknown[] = [];
    await patched(
      IDBDatabase.prototype,
      "transaction",
      (original) =>
        function (this: IDBDatabase, ...args) {
          if (args[1] === "readwrite") seen.push(args[2]?.durability);
          return original.apply(this, args);
        },
      () => store.append("w", [draft(1)]),
    );
    expect(seen).toEqual([durability ?? "relaxed"]);
    await store.close();
  });

  test("forgets runs and writers after 30 days, but none that a waiting chunk needs", async () => {
    const name = newName();
    const day = 86_400_000;
    const clock = new ManualClock();
    const mapping = (localId: string) => ({ localId, runId: `of-${localId}`, experimentId: "1" });
    let store = await indexedDbQueue({ name, clock }).open();
    await store.append("w", [draft(1, { run: "done", at: clock.now() })]);
    await store.map(mapping("done"));
    const term = await store.beginTerm();
    await store.acknowledge(1, term);
    clock.jump(5 * day);
    await store.append("v", [draft(1, { run: "waits", at: clock.now() })]);
    await store.map(mapping("waits"));
    await store.close();

    clock.jump(60 * day);
    store = await indexedDbQueue({ name, clock }).open();
    expect(await store.mapping("done")).toBe(undefined);
    expect(await store.mapping("waits")).toEqual(mapping("waits"));
    await store.close();
  });
});
