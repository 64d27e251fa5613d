import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StorageError } from "../../../src/errors/index.ts";
import type { QueueStore } from "../../../src/queue/storage.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { SqliteFile } from "../../../src/queue/storage/sqlite-file.ts";
import { prepareSchema, migrations } from "../../../src/queue/storage/sqlite-schema.ts";
import { SqliteStore } from "../../../src/queue/storage/sqlite-store.ts";
import { openNodeSqlite } from "../../../src/sql/node-sqlite.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { withSqliteFile } from "../../support/sqlite-file.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";
import { draft } from "./drafts.ts";

const directory = temporaryDirectories();
const newPath = async (): Promise<string> => join(await directory(), "queue.db");

describe("sqliteQueue on files that it cannot use", () => {
  const problemsOf = async (path: string): Promise<{ store: QueueStore; problems: string[] }> => {
    const problems: string[] = [];
    return { store: await sqliteQueue({ path }).open(({ message }) => problems.push(message)), problems };
  };

  test("F40 refuses and leaves a file of a newer version", async () => {
    const path = await newPath();
    const store = await sqliteQueue({ path }).open();
    await store.append("w", [draft(1)]);
    await store.close();
    const setVersion = (version: number): unknown =>
      withSqliteFile(path, (file) =>
        file.prepare("UPDATE queue_meta SET value = ? WHERE name = 'version'").run(String(version)),
      );
    setVersion(99);
    const before = readFileSync(path);
    await expect(sqliteQueue({ path }).open()).rejects.toMatchObject({
      name: "StorageError",
      fault: "newer",
      message: expect.stringContaining("must be at most 1: current value is 99; update tracklet"),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    setVersion(1);
    expect((await (await sqliteQueue({ path }).open()).status()).waiting.requests).toBe(1);
  });

  test("refuses and leaves a database of something else", async () => {
    const path = await newPath();
    withSqliteFile(path, (file) => file.exec("CREATE TABLE runs (mine TEXT); INSERT INTO runs VALUES ('kept')"));
    await expect(sqliteQueue({ path }).open()).rejects.toMatchObject({
      fault: "denied",
      message: expect.stringContaining('holds the table "runs"'),
    });
    expect(withSqliteFile(path, (file) => file.prepare("SELECT mine FROM runs").get())).toEqual({ mine: "kept" });
  });

  test("F24 rejects where there is no folder to write in, and refuses a queue without a file", async () => {
    const file = join(await directory(), "file");
    writeFileSync(file, "");
    await expect(sqliteQueue({ path: join(file, "queue.db") }).open()).rejects.toMatchObject({
      name: "StorageError",
      fault: "denied",
    });
    await expect(sqliteQueue({ path: await directory() }).open()).rejects.toMatchObject({
      name: "StorageError",
      fault: "denied",
    });
    await expect(sqliteQueue({ path: ":memory:" }).open()).rejects.toMatchObject({ name: "ConfigurationError" });
  });

  test("F26 moves a file that is no database aside, and starts anew", async () => {
    const path = await newPath();
    const junk = "this was a queue once ".repeat(1000);
    writeFileSync(path, junk);
    mkdirSync(`${path}-spool`);
    writeFileSync(join(`${path}-spool`, "body"), "weights");
    const { store, problems } = await problemsOf(path);
    expect(problems).toEqual([expect.stringContaining(`was moved to "${path}.damaged-1"`)]);
    expect(problems[0]).not.toContain("sqlite3");
    expect(readFileSync(`${path}.damaged-1`, "utf8")).toBe(junk);
    expect(readFileSync(join(`${path}.damaged-1-spool`, "body"), "utf8")).toBe("weights");
    await store.append("w", [draft(1)]);
    expect((await store.status()).waiting.requests).toBe(1);
    await store.close();
  });

  test("F26 moves a file aside that is damaged while it is open, says what waited, and goes on", async () => {
    const path = await newPath();
    const { store, problems } = await problemsOf(path);
    const body = new Uint8Array(20_000).fill(1);
    for (let n = 1; n <= 40; n++) await store.append("w", [draft(n, { body, kind: "metrics", count: 3 })]);
    const term = await store.beginTerm();
    await store.close();
    const bytes = readFileSync(path);
    // All but the first pages, with the schema and the counters.
    bytes.fill(0xff, 16 * 4096);
    writeFileSync(path, bytes);
    const read = async (): Promise<void> => {
      for (let n = 1; n <= 40; n++) await store.acknowledge(n, term);
    };
    await expect(read()).rejects.toMatchObject({ name: "StorageError", fault: "damaged" });
    expect(problems).toEqual([
      expect.stringMatching(
        /damaged and was moved to .* \d+ points and 0 requests that waited there are not sent; save/,
      ),
    ]);
    expect(problems[0]).toContain(`sqlite3 "${path}.damaged-1" .dump | `);
    expect(existsSync(`${path}.damaged-1`)).toBe(true);
    expect(await store.append("w", [draft(41)])).toEqual([{ stored: true, order: 1, count: 1 }]);
    await expect(store.acknowledge(1, term)).rejects.toMatchObject({ name: "StaleTermError" });
    await store.close();
  });

  test("F29 goes on in a new file, and says so, when the file was deleted while it is open", async () => {
    const path = await newPath();
    const { store, problems } = await problemsOf(path);
    await store.append("w", [draft(1), draft(2, { sealed: false, kind: "metrics", count: 2 })]);
    for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
    expect(await store.append("w", [draft(2, { order: 2, kind: "metrics", count: 5 })])).toEqual([
      { stored: true, order: 1, count: 5 },
    ]);
    expect(problems).toEqual([
      expect.stringMatching(/removed or replaced .* 2 points and 1 requests that waited there are not sent/),
    ]);
    await store.close();
    expect((await (await sqliteQueue({ path }).open()).status()).waiting.points).toBe(5);
  });
});

describe("sqliteQueue in trouble", () => {
  test("F26 opens whatever became of its file: reads it, or moves it aside and starts anew", {
    timeout: 60_000,
  }, async () => {
    const path = await newPath();
    const store = await sqliteQueue({ path }).open();
    for (let n = 1; n <= 20; n++) await store.append("w", [draft(n, { run: `run ${n}` })]);
    await store.close();
    const whole = readFileSync(path);
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    const damage = fc.oneof(
      fc.record({ at: place, with: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
      fc.record({ end: place }),
      fc.record({ at: fc.integer({ min: 0, max: 120 }), with: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        for (const name of readdirSync(dirname(path))) rmSync(join(dirname(path), name), { recursive: true });
        const bytes = Buffer.from(whole);
        if ("with" in how) bytes.set(how.with.subarray(0, bytes.length - how.at), how.at);
        writeFileSync(path, "end" in how ? bytes.subarray(0, how.end) : bytes);
        await useTwice(path);
      }),
      {
        numRuns: 150,
        examples: [
          [{ end: 0 }],
          [{ end: 100 }],
          [{ at: 0, with: new Uint8Array(100) }],
          [{ at: 18, with: Uint8Array.of(3) }],
          [{ at: 19, with: Uint8Array.of(3) }],
        ],
      },
    );
  });

  test("F24 rejects what a full disk refuses, changes nothing, and goes on when there is room", async () => {
    const path = await newPath();
    let refuse = "";
    const open = (file: string): ReturnType<typeof openNodeSqlite> => {
      const database = openNodeSqlite(file);
      const exec = database.exec.bind(database);
      const transaction = <T>(body: () => T): T =>
        database.transaction(() => {
          const value = body();
          if (refuse !== "") throw new Error(refuse);
          return value;
        });
      return { label: file, exec, prepare: (sql) => database.prepare(sql), transaction, close: () => database.close() };
    };
    const store = new SqliteStore(new SqliteFile({ path, open, clock: new ManualClock(), report: () => {} }));
    await store.append("w", [draft(1)]);
    const term = await store.beginTerm();
    for (const [words, fault] of [
      ["database or disk is full", "full"],
      ["attempt to write a readonly database", "denied"],
      ["disk I/O error", undefined],
    ] as const) {
      refuse = words;
      await expect(store.append("w", [draft(2)])).rejects.toMatchObject({ name: "StorageError", fault });
      await expect(store.acknowledge(1, term)).rejects.toMatchObject({ name: "StorageError", fault });
      refuse = "";
      expect(await store.status()).toMatchObject({ waiting: { requests: 1 }, delivered: { requests: 0 }, order: 1 });
    }
    expect(await store.append("w", [draft(2)])).toEqual([{ stored: true, order: 2, count: 1 }]);
    await store.acknowledge(1, term);
    await store.close();
  });

  test("F40 an upgrade happens whole or not at all, and keeps what waits", async () => {
    const path = await newPath();
    const store = await sqliteQueue({ path }).open();
    await store.append("w", [draft(1)]);
    await store.close();
    const versionOf = (): unknown =>
      withSqliteFile(
        path,
        (file) => file.prepare("SELECT value FROM queue_meta WHERE name = 'version'").get()?.["value"],
      );
    const half = "ALTER TABLE chunks ADD COLUMN later TEXT; ALTER TABLE nothing ADD COLUMN later TEXT";
    expect(() => withSqliteFile(path, (file) => prepareSchema(file, [...migrations, half]))).toThrow("nothing");
    expect(versionOf()).toBe("1");
    expect(withSqliteFile(path, (file) => file.prepare("SELECT * FROM chunks").get())).not.toHaveProperty("later");
    withSqliteFile(path, (file) => prepareSchema(file, [...migrations, "ALTER TABLE chunks ADD COLUMN later TEXT"]));
    expect(versionOf()).toBe("2");
    expect(withSqliteFile(path, (file) => file.prepare("SELECT sequence, later FROM chunks").all())).toEqual([
      { sequence: 1, later: null },
    ]);
  });

  test("version 1 is what it was when it was released", async () => {
    const path = await newPath();
    await (await sqliteQueue({ path }).open()).close();
    const tables = withSqliteFile(path, (file) =>
      ["queue_state", "chunks", "quarantined", "files", "writers", "runs", "accounts", "queue_meta"].map((table) =>
        file
          .prepare(`PRAGMA table_info(${table})`)
          .all()
          .map(({ name, type }) => `${name} ${type}`)
          .join(", "),
      ),
    );
    const chunk =
      "place INTEGER, span INTEGER, writer TEXT, sequence INTEGER, run TEXT, kind TEXT, bucket INTEGER, count INTEGER, sealed INTEGER, at INTEGER, attempted INTEGER, bytes INTEGER, file TEXT, blob_bytes INTEGER, blob_type TEXT, reason TEXT, body BLOB";
    expect(tables).toEqual([
      "id INTEGER, term INTEGER, beat INTEGER, held INTEGER, locked INTEGER, last_order INTEGER, waiting_points INTEGER, waiting_requests INTEGER, delivered_points INTEGER, delivered_requests INTEGER, quarantined_points INTEGER, quarantined_requests INTEGER, dropped_points INTEGER, dropped_requests INTEGER, bytes INTEGER, blob_bytes INTEGER",
      chunk,
      chunk,
      "name TEXT",
      "writer TEXT, last INTEGER, at INTEGER, tails TEXT",
      "run TEXT, at INTEGER, mapping TEXT, desired TEXT",
      "run TEXT, writer TEXT, bucket INTEGER, lines BLOB, fates TEXT",
      "name TEXT, value TEXT",
    ]);
  });
});

/** Opens, reads and writes; a failure is a StorageError, and the second try of anything succeeds. */
async function useTwice(path: string): Promise<void> {
  const problems: unknown[] = [];
  const storage = sqliteQueue({ path });
  const again = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if ((error as StorageError).fault !== "damaged") throw error;
      expect(problems).toHaveLength(1);
      return action();
    }
  };
  try {
    const store = await again(() => storage.open((problem) => problems.push(problem)));
    await again(() => store.heads(0, 100));
    await again(() => store.append("new", [draft(1)]));
    expect((await again(() => store.status())).waiting.requests).toBeGreaterThan(0);
    await store.close();
  } catch (error) {
    // Two bytes of the header tell SQLite that only a later release may write the file, or read it: it says so when the
    // file is opened or at the first write. A schema of which a part is gone looks like that of something else.
    expect((error as Error).name).toBe("StorageError");
    expect(["denied", "newer"]).toContain((error as StorageError).fault);
  }
}
