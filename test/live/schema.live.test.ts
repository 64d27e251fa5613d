import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { createServer } from "tracklet/server";
import { python } from "./support/python.ts";
import { room } from "./support/room.ts";

type Row = Record<string, unknown>;

/** Tables, columns, keys and indexes of a SQLite file, without what may differ: index names, CHECKs, triggers. */
function shape(file: string): Record<string, unknown> {
  const database = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string): Row[] => database.prepare(sql).all() as Row[];
  const tables = all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  const result: Record<string, unknown> = {};
  for (const { name } of tables) {
    const indexes = all(`PRAGMA index_list("${name}")`).map((index) => ({
      unique: index["unique"],
      origin: index["origin"],
      columns: all(`PRAGMA index_info("${index["name"]}")`).map((column) => column["name"]),
    }));
    result[String(name)] = {
      columns: all(`PRAGMA table_xinfo("${name}")`).map((column) => ({
        name: column["name"],
        type: column["type"],
        required: column["notnull"],
        default: column["dflt_value"],
        key: column["pk"],
        hidden: column["hidden"],
      })),
      foreignKeys: all(`PRAGMA foreign_key_list("${name}")`)
        .map((key) => [key["from"], key["table"], key["to"], key["on_update"], key["on_delete"]].join(" "))
        .sort(),
      indexes: indexes.map((index) => JSON.stringify(index)).sort(),
    };
  }
  result["revision"] = all("SELECT version_num FROM alembic_version");
  database.close();
  return result;
}

test("createServer() makes the tables, columns, keys and indexes that MLflow 3.17.2 makes", async () => {
  const directory = await room();
  const theirs = join(directory, "theirs.db");
  const ours = join(directory, "ours.db");
  await python("new_store.py", `sqlite:///${theirs}`, directory);
  createServer({ database: ours }).close();
  expect(shape(ours)).toEqual(shape(theirs));
});
