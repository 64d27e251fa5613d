import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { hasNodeSqlite, openNodeSqlite } from "../../src/sql/node-sqlite.ts";
import { isBusy } from "../../src/sql/sql-errors.ts";
import { startProgram } from "../support/start-program.ts";
import { databaseContract } from "./database-contract.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tracklet-sql-"));
  file = join(folder, "a.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function pragma(path: string, name: string): unknown {
  const db = openNodeSqlite(path);
  const value = Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  db.close();
  return value;
}

describe("openNodeSqlite() in memory", () => databaseContract(() => openNodeSqlite(":memory:")));
describe("openNodeSqlite() on a file", () => databaseContract(() => openNodeSqlite(file)));

describe("openNodeSqlite()", () => {
  test("gives a new file a write-ahead log", () => {
    openNodeSqlite(file).close();
    expect(pragma(file, "journal_mode")).toBe("wal");
    expect(pragma(file, "synchronous")).toBe(1);
  });

  test("waits for the disk when synchronous is full", () => {
    const db = openNodeSqlite(file, { synchronous: "full" });
    expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    db.close();
  });

  test("leaves the journal of a file that is there", () => {
    const maker = openNodeSqlite(file);
    maker.exec("PRAGMA journal_mode = DELETE; CREATE TABLE t (a)");
    maker.close();
    expect(pragma(file, "journal_mode")).toBe("delete");
    expect(pragma(file, "synchronous")).toBe(2);
  });

  test("leaves a file alone that is no database", () => {
    writeFileSync(file, "this is not a database, it only has the name of one");
    const db = openNodeSqlite(file);
    expect(() => db.prepare("SELECT * FROM sqlite_master")).toThrow("not a database");
    db.close();
    expect(readFileSync(file, "utf8")).toBe("this is not a database, it only has the name of one");
  });

  test("throws ConfigurationError when the folder does not exist", () => {
    const open = (): unknown => openNodeSqlite(join(folder, "none", "a.db"));
    expect(open).toThrow(ConfigurationError);
    expect(open).toThrow("check that its folder exists");
  });

  test("shows a lock of another connection as busy", () => {
    const [a, b] = [openNodeSqlite(file), openNodeSqlite(file)];
    b.exec("PRAGMA busy_timeout = 1");
    a.exec("CREATE TABLE t (a); BEGIN IMMEDIATE");
    let error: unknown;
    try {
      b.transaction(() => b.exec("INSERT INTO t VALUES (1)"));
    } catch (thrown) {
      error = thrown;
    }
    expect(isBusy(error)).toBe(true);
    a.exec("COMMIT");
    b.transaction(() => b.exec("INSERT INTO t VALUES (1)"));
    expect(a.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 1 });
    a.close();
    b.close();
  });

  test("lets processes that make the same file at once all have it", { timeout: 60_000 }, async () => {
    const program = new URL("./programs/open-new.ts", import.meta.url);
    for (let round = 0; round < 4; round++) {
      const moment = String(Date.now() + 1_000);
      const together = [1, 2, 3, 4, 5, 6].map(() => startProgram(program, [`${file}-${round}`, moment]).end);
      for (const { code, stderr } of await Promise.all(together)) expect([code, stderr]).toEqual([0, ""]);
      const database = openNodeSqlite(`${file}-${round}`);
      expect(database.prepare("SELECT count(*) AS n FROM opened").get()).toEqual({ n: 6 });
      database.close();
    }
  });

  test("names the version of a runtime that has none", () => {
    const found = Object.getOwnPropertyDescriptor(process, "getBuiltinModule");
    Object.defineProperty(process, "getBuiltinModule", { value: () => undefined, configurable: true, writable: true });
    try {
      expect(() => openNodeSqlite(":memory:")).toThrow(
        /as (Node|Deno|Bun) \d[^ ]* has no built-in SQLite: use Node 22\.13 or later/,
      );
    } finally {
      if (found === undefined) Reflect.deleteProperty(process, "getBuiltinModule");
      else Object.defineProperty(process, "getBuiltinModule", found);
    }
  });

  test("is there on Node, Deno and Bun", () => expect(hasNodeSqlite()).toBe(true));
});
