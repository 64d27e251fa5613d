import { expect, test } from "vitest";
import type { SqlDatabase } from "../../src/sql/database.ts";
import { isBusy, isConstraintViolation, isUniqueViolation } from "../../src/sql/sql-errors.ts";

/**
 * What every SQL adapter promises. `open` gives an empty database.
 *
 * @param exact False where integers beyond 2^53 come back exactly only as text.
 */
export function databaseContract(open: () => SqlDatabase | Promise<SqlDatabase>, exact = true): void {
  async function withTable<T>(use: (db: SqlDatabase) => T): Promise<T> {
    const db = await open();
    try {
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, big BIGINT, number FLOAT, text VARCHAR(9), bytes BLOB)");
      return use(db);
    } finally {
      db.close();
    }
  }
  const insert = "INSERT INTO t (id, big, number, text, bytes) VALUES (?, ?, ?, ?, ?)";

  test("run() gives the number of changed rows", () =>
    withTable((db) => {
      expect(db.prepare(insert).run(1, 2, 0.5, "x", null)).toBe(1);
      expect(db.prepare(insert).run(2, 2, 0.5, "x", null)).toBe(1);
      expect(db.prepare("UPDATE t SET text = 'y'").run()).toBe(2);
      expect(db.prepare("INSERT INTO t (id) VALUES (1) ON CONFLICT DO NOTHING").run()).toBe(0);
    }));

  test("get() and all() give rows by column name, and undefined or nothing when there is none", () =>
    withTable((db) => {
      expect(db.prepare("SELECT * FROM t").get()).toBeUndefined();
      expect(db.prepare("SELECT * FROM t").all()).toEqual([]);
      db.prepare(insert).run(1, -5, 2.5, "späße 🎉", new Uint8Array([1, 2]));
      const row = db.prepare("SELECT * FROM t WHERE id = ?").get(1);
      expect({ ...row, bytes: Array.from(row?.["bytes"] as Uint8Array) }).toEqual({
        id: 1,
        big: -5,
        number: 2.5,
        text: "späße 🎉",
        bytes: [1, 2],
      });
    }));

  test.each([
    ["2^53 + 1", 9_007_199_254_740_993n],
    ["the largest int64", 9_223_372_036_854_775_807n],
    ["nearly the smallest int64", -9_223_372_036_854_775_807n],
  ])("keeps %s exact, as bigint", (_, big) =>
    withTable((db) => {
      db.prepare(insert).run(1, big, 1, "", null);
      db.prepare(insert).run(2, 7, 1, "", null);
      expect(db.prepare("SELECT CAST(big AS TEXT) AS big FROM t WHERE big = ?").all(big)).toEqual([{ big: `${big}` }]);
      if (!exact) return;
      const rows = db.prepare("SELECT id, big FROM t ORDER BY id").all();
      expect(rows.map((row) => row["big"])).toEqual([big, 7]);
      expect(rows.map((row) => row["id"])).toEqual([1, 2]);
      expect(db.prepare("SELECT big FROM t WHERE id = 1").get()?.["big"]).toBe(big);
    }),
  );

  test("keeps integers in number columns as numbers", () =>
    withTable((db) => {
      db.prepare(insert).run(1, 3.0, 3, "", null);
      expect(db.prepare("SELECT typeof(big) AS kind, big FROM t").get()).toEqual({ kind: "integer", big: 3 });
    }));

  test.each([Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 2 ** 63, 1 / 3])("keeps the double %d exact", (number) =>
    withTable((db) => {
      db.prepare(insert).run(1, 0, number, "", null);
      expect(db.prepare("SELECT number FROM t").get()).toEqual({ number });
    }),
  );

  test("transaction() gives what its body gives and keeps what it wrote", () =>
    withTable((db) => {
      expect(db.transaction(() => db.prepare(insert).run(1, 1, 1, "", null))).toBe(1);
      expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 1 });
    }));

  test("transaction() rolls back when its body throws, and can be used again", () =>
    withTable((db) => {
      const fail = (): void =>
        db.transaction(() => {
          db.prepare(insert).run(1, 1, 1, "", null);
          throw new Error("no");
        });
      expect(fail).toThrow("no");
      expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 0 });
      db.transaction(() => db.prepare(insert).run(2, 1, 1, "", null));
      expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 1 });
    }));

  test("transaction() inside another rolls back alone", () =>
    withTable((db) => {
      db.transaction(() => {
        db.prepare(insert).run(1, 1, 1, "", null);
        expect(() =>
          db.transaction(() => {
            db.prepare(insert).run(2, 1, 1, "", null);
            throw new Error("inner");
          }),
        ).toThrow("inner");
        db.transaction(() => db.prepare(insert).run(3, 1, 1, "", null));
      });
      expect(db.prepare("SELECT id FROM t ORDER BY id").all()).toEqual([{ id: 1 }, { id: 3 }]);
    }));

  test("tells a broken unique rule from other errors", () =>
    withTable((db) => {
      db.prepare(insert).run(1, 1, 1, "", null);
      const again = thrownBy(() => db.prepare(insert).run(1, 1, 1, "", null));
      expect([isUniqueViolation(again), isConstraintViolation(again), isBusy(again)]).toEqual([true, true, false]);
      const wrong = thrownBy(() => db.exec("SELECT * FROM nowhere"));
      expect([isUniqueViolation(wrong), isConstraintViolation(wrong), isBusy(wrong)]).toEqual([false, false, false]);
    }));

  test("a statement that failed can be run again", () =>
    withTable((db) => {
      const statement = db.prepare(insert);
      statement.run(1, 1, 1, "", null);
      expect(() => statement.run(1, 1, 1, "", null)).toThrow();
      expect(statement.run(2, 1, 1, "", null)).toBe(1);
    }));

  test("more statements than the cache holds stay usable", () =>
    withTable((db) => {
      for (let n = 0; n < 600; n++) expect(db.prepare(`SELECT ${n} AS n`).get()).toEqual({ n });
      expect(db.prepare("SELECT 0 AS n").get()).toEqual({ n: 0 });
    }));
}

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("Expected an error");
}
