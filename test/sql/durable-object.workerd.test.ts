import { describe, expect, test } from "vitest";
import { durableObjectDatabase } from "../../src/sql/durable-object.ts";
import { edgeTools } from "../edge/edge-tools.ts";
import { databaseContract } from "./database-contract.ts";

describe("durableObjectDatabase()", () => {
  databaseContract(async () => durableObjectDatabase((await edgeTools()).storage), false);

  test("exec() passes over the one setting that an object refuses, and no other", async () => {
    const database = durableObjectDatabase((await edgeTools()).storage);
    database.exec("PRAGMA busy_timeout = 25");
    expect(() => database.exec("PRAGMA user_version = 1")).toThrow(/not authorized/);
  });

  test("transaction() refuses what a statement within it may not be, and takes all back", async () => {
    const database = durableObjectDatabase((await edgeTools()).storage);
    database.exec("CREATE TABLE t (a)");
    const many = Array.from({ length: 101 }, () => 1);
    const fill = (): void =>
      database.transaction(() => {
        database.prepare("INSERT INTO t VALUES (1)").run();
        database.prepare(`SELECT 1 WHERE 1 IN (${many.map(() => "?").join()})`).all(...many);
      });
    expect(fill).toThrow(/too many SQL variables|bind/);
    expect(database.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 0 });
  });
});
