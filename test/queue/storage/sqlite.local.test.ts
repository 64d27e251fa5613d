import { existsSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { queueContract } from "../../../src/queue/contract.ts";
import { decodeChunk } from "../../../src/queue/chunk/content.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { SqliteFile } from "../../../src/queue/storage/sqlite-file.ts";
import { SqliteStore } from "../../../src/queue/storage/sqlite-store.ts";
import type { SqlDatabase } from "../../../src/sql/database.ts";
import { openNodeSqlite } from "../../../src/sql/node-sqlite.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { withSqliteFile } from "../../support/sqlite-file.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { draft } from "./drafts.ts";

const directory = temporaryDirectories();
const newPath = async (): Promise<string> => join(await directory(), "queue.db");

describe("sqliteQueue", () => {
  queueContract(async () => sqliteQueue({ path: await newPath() }), { test, expect });

  test("makes its folder, and is durable", async () => {
    const path = join(await directory(), "deep", "er", "queue.db");
    const storage = sqliteQueue({ path });
    expect(storage).toMatchObject({ name: path, durable: true });
    await (await storage.open()).close();
    expect(existsSync(path)).toBe(true);
  });

  test("keeps chunks, counters, order and terms when it is closed and opened again", async () => {
    const path = await newPath();
    let store = await sqliteQueue({ path }).open();
    await store.append("w", [draft(1), draft(2, { kind: "metrics", count: 7, sealed: false })]);
    await store.map({ localId: "r", runId: "abc", experimentId: "1" });
    const term = await store.beginTerm();
    await store.close();

    store = await sqliteQueue({ path }).open();
    expect(await store.status()).toMatchObject({ waiting: { points: 7, requests: 1 }, order: 2 });
    expect((await store.heads(0, 10)).map(({ order, sealed }) => [order, sealed])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(decodeChunk((await store.seal(1, term))!)).toEqual({ kind: "tags", request: [["key", "value 1", 1]] });
    expect(await store.mapping("r")).toEqual({ localId: "r", runId: "abc", experimentId: "1" });
    expect((await store.append("w", [draft(2)]))[0]).toMatchObject({ stored: false });
    expect(await store.beginTerm()).toBeGreaterThan(term);
    await store.close();
  });

  test("goes on after close() when somebody else still uses it", async () => {
    const storage = sqliteQueue({ path: await newPath() });
    const [one, other] = [await storage.open(), await storage.open()];
    await one.close();
    await other.append("w", [draft(1)]);
    expect((await other.status()).waiting.requests).toBe(1);
    await other.close();
  });

  test("two handles on one file share order, counters and terms", async () => {
    const path = await newPath();
    const [one, two] = [await sqliteQueue({ path }).open(), await sqliteQueue({ path }).open()];
    await one.append("a", [draft(1)]);
    await two.append("b", [draft(1)]);
    await one.append("a", [draft(2)]);
    expect((await two.heads(0, 10)).map(({ writer, order }) => [writer, order])).toEqual([
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ]);
    const old = await one.beginTerm();
    const term = await two.beginTerm();
    await expect(one.acknowledge(1, old)).rejects.toMatchObject({ name: "StaleTermError" });
    await two.acknowledge(1, term);
    expect((await one.status()).delivered.requests).toBe(1);
    await Promise.all([one.close(), two.close()]);
  });

  test("append() rejects within a moment when another process holds the lock, and succeeds after", async () => {
    const path = await newPath();
    let used: SqlDatabase | undefined;
    const open = (file: string): SqlDatabase => (used = openNodeSqlite(file));
    const clock = new ManualClock();
    const store = new SqliteStore(new SqliteFile({ path, clock, report: () => {}, open }));
    await store.status();
    const other = openNodeSqlite(path);
    other.exec("BEGIN IMMEDIATE");
    await expect(store.append("w", [draft(1)])).rejects.toMatchObject({ name: "StorageError", fault: "busy" });
    // So long SQLite waits in the thread; the SQL port lets it wait 5,000 ms.
    expect(used?.prepare("PRAGMA busy_timeout").get()).toEqual({ timeout: 50 });
    expect(await store.heads(0, 1)).toEqual([]);
    other.exec("ROLLBACK");
    await clock.advance(500);
    expect(await store.append("w", [draft(1)])).toEqual([{ stored: true, order: 1, count: 1 }]);
    other.close();
    await store.close();
  });

  test("asks a file whose lock another process holds ever more seldom, as each time it waits in the thread", async () => {
    const path = await newPath();
    let asked = 0;
    const open = (file: string): SqlDatabase => {
      const database = openNodeSqlite(file);
      const { transaction } = database;
      database.transaction = (body) => {
        asked++;
        return transaction.call(database, body) as never;
      };
      return database;
    };
    const clock = new ManualClock();
    const store = new SqliteStore(new SqliteFile({ path, clock, report: () => {}, open }));
    await store.status();
    const other = openNodeSqlite(path);
    other.exec("BEGIN IMMEDIATE");
    asked = 0;
    for (let ms = 0; ms < 3_000; ms += 20) {
      await expect(store.append("w", [draft(1)])).rejects.toMatchObject({ fault: "busy" });
      await clock.advance(20);
    }
    // 50 ms of waiting each, beside 3 s of a program's own time.
    expect(asked).toBeLessThan(12);
    asked = 0;
    expect(() => store.now!.append("w", [draft(1)])).toThrow(/another process holds its lock/);
    expect(asked).toBe(1);
    other.exec("ROLLBACK");
    expect(store.now!.append("w", [draft(1)])).toMatchObject([{ stored: true }]);
    expect(await store.append("w", [draft(2)])).toMatchObject([{ stored: true }]);
    other.close();
    await store.close();
  });

  test("replace() repeated after an answer that was lost counts nothing twice", async () => {
    const store = await sqliteQueue({ path: await newPath() }).open();
    await store.append("w", [draft(1, { kind: "metrics", count: 10 })]);
    const term = await store.beginTerm();
    const halves = [1, 2].map((n) => ({ kind: "metrics" as const, count: 5, body: draft(n + 10).body }));
    const first = await store.replace(1, term, halves, "delivered");
    expect(await store.replace(1, term, halves, "delivered")).toEqual(first);
    expect(await store.status()).toMatchObject({ waiting: { points: 10 }, delivered: { points: 0 } });
    await store.close();
  });

  test("replace() divides a place ten times over", async () => {
    const store = await sqliteQueue({ path: await newPath() }).open();
    await store.append("w", [draft(1, { kind: "metrics", count: 1_000 }), draft(2)]);
    const term = await store.beginTerm();
    let order = 1;
    for (let depth = 0; depth < 10; depth++) {
      const halves = [1, 2].map((n) => ({ kind: "metrics" as const, count: 1, body: draft(depth * 2 + n + 10).body }));
      order = (await store.replace(order, term, halves, "dropped"))![1]!.order;
    }
    const orders = (await store.heads(0, 100)).map((chunk) => chunk.order);
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
    expect(orders).toHaveLength(12);
    expect(orders.at(-1)).toBe(2);
    await store.close();
  });

  test("heads(), seal() and status() search by the key alone, however long the backlog is", async () => {
    const path = await newPath();
    await (await sqliteQueue({ path }).open()).close();
    const plans = withSqliteFile(path, (file) =>
      [
        "SELECT place, run FROM chunks WHERE place > 5 ORDER BY place LIMIT 64",
        "SELECT state.term, chunks.* FROM queue_state AS state LEFT JOIN chunks ON place = 5 WHERE id = 1",
        "SELECT * FROM queue_state WHERE id = 1",
        "DELETE FROM chunks WHERE place = 5",
        "SELECT last FROM writers WHERE writer = 'w'",
        "DELETE FROM runs WHERE at < 5",
      ].flatMap((sql) =>
        file
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map(({ detail }) => String(detail)),
      ),
    );
    for (const step of plans) expect(step).toMatch(/^SEARCH /);
    expect(plans.length).toBeGreaterThanOrEqual(7);
  });

  test("forgets runs and writers after 30 days, but none that a waiting chunk needs", async () => {
    const path = await newPath();
    const day = 86_400_000;
    const clock = new ManualClock();
    const mapping = (localId: string) => ({ localId, runId: `of-${localId}`, experimentId: "1" });
    let store = await sqliteQueue({ path, clock }).open();
    await store.append("w", [draft(1, { run: "done", at: clock.now() })]);
    await store.map(mapping("done"));
    const term = await store.beginTerm();
    await store.acknowledge(1, term);
    clock.jump(5 * day);
    await store.append("w", [draft(2, { run: "waits", at: clock.now() })]);
    await store.map(mapping("waits"));
    await store.close();

    clock.jump(60 * day);
    store = await sqliteQueue({ path, clock }).open();
    expect(await store.mapping("done")).toBe(undefined);
    expect(await store.mapping("waits")).toEqual(mapping("waits"));
    await store.close();
  });

  test("close() gives the room of a delivered backlog back to the disk", async () => {
    const path = await newPath();
    const store = await sqliteQueue({ path }).open();
    const body = new Uint8Array(100_000).fill(1);
    for (let n = 1; n <= 60; n++) await store.append("w", [draft(n, { body })]);
    const term = await store.beginTerm();
    for (let n = 1; n <= 60; n++) await store.acknowledge(n, term);
    await store.close();
    expect(statSync(path).size).toBeLessThan(500_000);
  });
});

describe("sqliteQueue artifacts", () => {
  const spool = (path: string): string[] => (existsSync(`${path}-spool`) ? readdirSync(`${path}-spool`) : []);
  const artifact = (sequence: number, text: string, type = ""): ReturnType<typeof draft> =>
    draft(sequence, { kind: "artifact", blob: new Blob([text], { type }) });

  test("lie beside the file with their type until they are delivered", async () => {
    const path = await newPath();
    let store = await sqliteQueue({ path }).open();
    await store.append("w", [artifact(1, "one", "text/csv"), artifact(2, "two")]);
    await store.close();
    expect(spool(path)).toHaveLength(2);

    store = await sqliteQueue({ path }).open();
    const term = await store.beginTerm();
    const { blob } = (await store.seal(1, term))!;
    expect([await blob?.text(), blob?.type, blob?.size]).toEqual(["one", "text/csv", 3]);
    await store.acknowledge(1, term);
    expect(spool(path)).toHaveLength(1);
    await store.quarantine(2, term, "no");
    expect(await (await store.quarantinedChunk(2))?.blob?.text()).toBe("two");
    await store.release(2);
    expect((await store.status()).blobBytes).toBe(3);
    await store.drop(3, term);
    expect(spool(path)).toEqual([]);
    await store.close();
  });

  test("are written once when their put is repeated", async () => {
    const path = await newPath();
    const store = await sqliteQueue({ path }).open();
    await store.append("w", [artifact(1, "first")]);
    await store.append("w", [artifact(1, "other")]);
    expect(await (await store.seal(1, await store.beginTerm()))?.blob?.text()).toBe("first");
    await store.close();
  });

  test("that lost their bytes are told from whole ones", async () => {
    const path = await newPath();
    const store = await sqliteQueue({ path }).open();
    await store.append("w", [artifact(1, "to be torn"), artifact(2, "to be gone")]);
    const [torn, gone] = spool(path)
      .sort()
      .map((name) => join(`${path}-spool`, name));
    truncateSync(torn!, 3);
    rmSync(gone!);
    const term = await store.beginTerm();
    for (const order of [1, 2]) {
      const chunk = (await store.seal(order, term))!;
      expect(chunk.blob).toBe(undefined);
      expect(chunk.room).toBeGreaterThan(0);
    }
    await store.close();
  });

  test("without a chunk are swept when they are old, not when another process may just have written them", async () => {
    const path = await newPath();
    let store = await sqliteQueue({ path }).open();
    await store.append("w", [artifact(1, "kept")]);
    const [kept] = spool(path);
    const old = new Date(Date.now() - 3_600_000);
    for (const name of ["orphan", "orphan.1-0.tmp", "young"]) writeFileSync(join(`${path}-spool`, name), "x");
    for (const name of ["orphan", "orphan.1-0.tmp", kept!]) utimesSync(join(`${path}-spool`, name), old, old);
    await store.close();
    store = await sqliteQueue({ path }).open();
    expect(spool(path).sort()).toEqual([kept!, "young"].sort());
    await store.close();
  });
});
