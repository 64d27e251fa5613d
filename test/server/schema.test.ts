import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/errors/index.ts";
import { inspectSchema } from "../../src/server/schema/inspect-schema.ts";
import { openSchema } from "../../src/server/schema/open-schema.ts";
import { revisions } from "../../src/server/schema/revisions.ts";
import type { SqlDatabase } from "../../src/sql/database.ts";
import { memoryDatabase } from "./support/database.ts";

const first = { now: 1_700_000_000_000, defaultLocation: "mlflow-artifacts:/0" };
const head = revisions.at(-1)!;

async function made(): Promise<SqlDatabase> {
  const db = await memoryDatabase();
  openSchema(db, first);
  return db;
}

function everything(db: SqlDatabase): unknown {
  return db.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").all();
}

describe("openSchema()", () => {
  test("makes the 64 tables of MLflow 3.17.2 and stamps its head", async () => {
    const db = await made();
    const tables = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get();
    expect(tables).toEqual({ n: 65 });
    expect(head.tables).toHaveLength(64);
    expect(db.prepare("SELECT version_num FROM alembic_version").all()).toEqual([{ version_num: "dc11669786a5" }]);
    db.close();
  });

  test("makes the rows of a fresh database", async () => {
    const db = await made();
    expect(db.prepare("SELECT * FROM experiments").all()).toEqual([
      {
        experiment_id: 0,
        name: "Default",
        artifact_location: "mlflow-artifacts:/0",
        lifecycle_stage: "active",
        creation_time: first.now,
        last_update_time: first.now,
        workspace: "default",
      },
    ]);
    expect(db.prepare("SELECT name, description FROM workspaces").all()).toEqual([
      { name: "default", description: "Default workspace for legacy resources" },
    ]);
    db.close();
  });

  test("opens what it made and changes nothing", async () => {
    const db = await made();
    const before = everything(db);
    expect(openSchema(db, first).id).toBe(head.id);
    expect(everything(db)).toEqual(before);
    expect(db.prepare("SELECT count(*) AS n FROM experiments").get()).toEqual({ n: 1 });
    db.close();
  });

  test("adds the experiment with id 0 when somebody removed it, as MLflow does", async () => {
    const db = await made();
    db.exec("DELETE FROM experiments");
    openSchema(db, first);
    expect(db.prepare("SELECT experiment_id FROM experiments").all()).toEqual([{ experiment_id: 0 }]);
    db.close();
  });

  test("does not double a Default experiment that has another id", async () => {
    const db = await made();
    db.exec("UPDATE experiments SET experiment_id = 7");
    openSchema(db, first);
    expect(db.prepare("SELECT experiment_id FROM experiments").all()).toEqual([{ experiment_id: 7 }]);
    db.close();
  });

  test("accepts tables of others beside MLflow's", async () => {
    const db = await made();
    db.exec("CREATE TABLE mine (a)");
    expect(openSchema(db, first).id).toBe(head.id);
    db.close();
  });

  test("keeps references and the case of LIKE as MLflow's sessions do", async () => {
    const db = await made();
    expect(() => db.exec("INSERT INTO tags VALUES ('a', 'b', 'no such run')")).toThrow("FOREIGN KEY");
    expect(db.prepare("SELECT 'A' LIKE 'a' AS same").get()).toEqual({ same: 0 });
    db.close();
  });

  test.each([
    [
      "an older revision",
      "UPDATE alembic_version SET version_num = '0584bdc529eb'",
      ["older MLflow (revision 0584bdc529eb)", "copy the file", "mlflow db upgrade sqlite:///"],
    ],
    [
      "a newer revision",
      "UPDATE alembic_version SET version_num = 'ffffffffffff'",
      ['revision is "ffffffffffff"', "newer MLflow", "update tracklet"],
    ],
    ["an empty stamp", "DELETE FROM alembic_version", ['revision is ""']],
    ["missing tables", "DROP TABLE latest_metrics", ["lacks 1 tables (latest_metrics)"]],
    ["no stamp", "DROP TABLE alembic_version", ["no revision of MLflow"]],
  ])("refuses a file with %s, says what it found, and leaves it as it is", async (_, damage, words) => {
    const db = await made();
    db.exec(`PRAGMA foreign_keys = OFF; ${damage}`);
    const before = everything(db);
    let message = "";
    try {
      openSchema(db, first);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      message = (error as Error).message;
    }
    for (const word of words) expect(message).toContain(word);
    expect(message).toContain("3.17.2 (revision dc11669786a5)");
    expect(everything(db)).toEqual(before);
    db.close();
  });

  test("refuses a database of another program", async () => {
    const db = await memoryDatabase();
    db.exec("CREATE TABLE bookmarks (url)");
    expect(() => openSchema(db, first)).toThrow("tables of something else (bookmarks)");
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_master").get()).toEqual({ n: 1 });
    db.close();
  });
});

describe("inspectSchema()", () => {
  test("tells an empty database", async () => {
    const db = await memoryDatabase();
    expect(inspectSchema(db)).toEqual({ state: "empty" });
    db.close();
  });

  test("knows an older revision from one that nobody knows", async () => {
    const db = await made();
    db.exec("UPDATE alembic_version SET version_num = '451aebb31d03'");
    expect(inspectSchema(db)).toEqual({ state: "other-revision", id: "451aebb31d03", age: "older" });
    db.exec("UPDATE alembic_version SET version_num = 'abc'");
    expect(inspectSchema(db)).toEqual({ state: "other-revision", id: "abc", age: "unknown" });
    db.close();
  });
});
