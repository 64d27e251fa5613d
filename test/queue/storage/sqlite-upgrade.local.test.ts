import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeRequest } from "../../../src/queue/chunk/chunk-codec.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { SqliteFile } from "../../../src/queue/storage/sqlite-file.ts";
import { migrations, prepareSchema } from "../../../src/queue/storage/sqlite-schema.ts";
import { openNodeSqlite } from "../../../src/sql/node-sqlite.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { withSqliteFile } from "../../support/sqlite-file.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { harness } from "../harness.ts";
import { draft } from "./drafts.ts";

const directory = temporaryDirectories();

/** A step that splits a column off into a table of its own, as a later version may. */
const second = `
  CREATE TABLE places (place INTEGER PRIMARY KEY, run TEXT NOT NULL);
  INSERT INTO places SELECT place, run FROM chunks;
  ALTER TABLE chunks ADD COLUMN later TEXT;
`;

async function filled(): Promise<string> {
  const path = join(await directory(), "queue.db");
  const store = await sqliteQueue({ path }).open();
  await store.append("w", [draft(1), draft(2, { kind: "artifact", blob: new Blob(["body"]) })]);
  await store.close();
  return path;
}

function versionOf(path: string): unknown {
  const sql = "SELECT value FROM queue_meta WHERE name = 'version'";
  return withSqliteFile(path, (file) => file.prepare(sql).get()?.["value"]);
}

describe("an upgrade of sqliteQueue", () => {
  test("F40 that is cut off before its end changes nothing, wherever that is", async () => {
    const path = await filled();
    const before = versionOf(path);
    const tables = (): unknown =>
      withSqliteFile(path, (file) => file.prepare("SELECT name, sql FROM sqlite_master ORDER BY name").all());
    const whole = tables();
    const statements = second.trim().split(";\n");
    for (let done = 1; done <= statements.length; done++) {
      const cut = `${statements.slice(0, done).join(";\n")}; SELECT cut_off_here()`;
      expect(() => withSqliteFile(path, (file) => prepareSchema(file, [...migrations, cut]))).toThrow("cut_off_here");
      expect([versionOf(path), tables()]).toEqual([before, whole]);
    }
    expect((await (await sqliteQueue({ path }).open()).status()).waiting.requests).toBe(2);
    withSqliteFile(path, (file) => prepareSchema(file, [...migrations, second]));
    const rows = withSqliteFile(path, (file) =>
      file.prepare("SELECT run, later FROM places JOIN chunks USING (place, run)").all(),
    );
    expect(rows).toEqual([
      { run: "r", later: null },
      { run: "r", later: null },
    ]);
  });

  test("F40 happens once when two processes begin it at the same time", async () => {
    const path = await filled();
    const [one, other] = [openNodeSqlite(path), openNodeSqlite(path, { busyTimeout: 10 })];
    // The other one saw the old version before it waited for the lock.
    one.transaction(() => {
      prepareSchema(one, [...migrations, second]);
      expect(() => prepareSchema(other, [...migrations, second])).toThrow(/locked|busy/);
    });
    prepareSchema(other, [...migrations, second]);
    expect(versionOf(path)).toBe(String(migrations.length + 1));
    one.close();
    other.close();
  });

  test("F40 a chunk of a newer version is kept and passed, and what others logged goes on", async () => {
    const path = join(await directory(), "queue.db");
    const it = harness({ storage: sqliteQueue({ path }) });
    const store = await it.storage.open();
    await store.append("later", [{ ...draft(1, { run: "newer" }), body: encodeRequest([["key", "value", 1]], 2) }]);
    const run = it.start("a");
    it.queue.logMetric(run, "m", 1, 1, 1);
    await it.runtime.clock.until(it.queue.flush());
    expect(it.oracle.named("a").points.size).toBe(1);
    expect(it.problems).toMatchObject([
      { kind: "run-parked", run: "newer", message: expect.stringContaining("update tracklet") },
    ]);
    expect((await store.heads(0, 10)).map((chunk) => chunk.run)).toEqual(["newer"]);
    expect((await store.status()).quarantined).toEqual({ points: 0, requests: 0 });
    await it.runtime.clock.until(it.queue.close());
  });
});

describe("durability of sqliteQueue", () => {
  test("F33 waits for the disk at each commit when it is strict, and at none when it is relaxed", async () => {
    const level = async (durability: "relaxed" | "strict"): Promise<unknown> => {
      const path = join(await directory(), "queue.db");
      const file = new SqliteFile({ path, clock: new ManualClock(), report: () => {}, durability });
      const row = file.database().prepare("PRAGMA synchronous").get();
      file.close();
      return row?.["synchronous"];
    };
    expect(await level("relaxed")).toBe(1);
    expect(await level("strict")).toBe(2);
    const path = join(await directory(), "queue.db");
    const store = await sqliteQueue({ path, durability: "strict" }).open();
    expect(await store.append("w", [draft(1)])).toMatchObject([{ stored: true }]);
    await store.close();
  });
});
