import { describe, expect, test } from "vitest";
import { wasmDatabase } from "../../src/sql/wasm.ts";
import { databaseContract } from "./database-contract.ts";

describe("wasmDatabase()", () => {
  databaseContract(() => wasmDatabase());

  test("gives databases that know nothing of each other", async () => {
    const [a, b] = [await wasmDatabase(), await wasmDatabase()];
    a.exec("CREATE TABLE t (a)");
    expect(b.prepare("SELECT count(*) AS n FROM sqlite_master").get()).toEqual({ n: 0 });
    a.close();
    b.close();
  });
});
